#include "app/state_command.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <istream>
#include <optional>
#include <ostream>
#include <utility>
#include <variant>

#include "app/export_line.h"
#include "app/letter_json.h"
#include "app/state_directory.h"
#include "app/state_reset.h"
#include "config/start_from.h"
#include "store/state_import.h"
#include "store/state_lock.h"
#include "store/state_view.h"

namespace pikachu::app {
namespace {

using base::ErrorCode;
using base::refuse;
using Format = StateOptions::Format;

constexpr std::array<std::string_view, 4> kActions = {"show", "export", "import", "reset"};

int failed(std::ostream& messages, const base::Error& error) {
  messages << "pikachu state: " << error.message << '\n';
  return 1;
}

void print_text(std::ostream& output, const store::StateSummary& summary, const std::string& dir,
                const std::string& holder) {
  output << "directory:  " << dir << "\nheld by:    " << (holder.empty() ? "nobody" : holder)
         << "\nsize:       " << summary.file_bytes << " bytes, of which " << summary.free_bytes
         << " are free\nposition:   ";
  if (summary.checkpoint) {
    const auto& position = summary.checkpoint->position;
    output << change::to_string(position) << "\n            of server " << position.server << " ("
           << position.server_version << "), saved at " << summary.saved_at << '\n';
    if (const auto& inside = summary.checkpoint->inside) {
      output << "            and " << inside->rows << " rows of transaction " << inside->transaction
             << '\n';
    }
  } else {
    output << "none; begins at " << summary.start_from.value_or("database.start_from") << '\n';
  }
  for (const auto& task : summary.tasks) {
    output << "task " << task.task_id << ": " << task.waiting.changes << " changes wait ("
           << task.waiting.bytes << " bytes), " << task.dead_letters << " dead letters, "
           << task.marked << " of them to be retried\n";
  }
  if (summary.tasks.empty()) output << "nothing waits, and there are no dead letters\n";
}

int show(const StateOptions& options, const std::string& dir, const Terminal& terminal) {
  auto view = store::StateView::open(dir, store::OpenMode::kRead);
  if (!view) return failed(terminal.messages, view.error());
  auto summary = view->summary();
  if (!summary) return failed(terminal.messages, summary.error());
  const auto holder = store::StateLock::holder(dir).value_or("");
  if (options.format == Format::kJson) {
    terminal.output << to_json(*summary, dir, holder) << '\n';
  } else {
    print_text(terminal.output, *summary, dir, holder);
  }
  return 0;
}

int export_all(const std::string& dir, const Terminal& terminal) {
  auto view = store::StateView::open(dir, store::OpenMode::kRead);
  if (!view) return failed(terminal.messages, view.error());
  std::uint64_t lines = 0;
  const auto write = [&](const ExportRecord& record) -> base::Result<void> {
    terminal.output << to_export_line(record) << '\n';
    ++lines;
    if (terminal.output.good()) return {};
    return base::fail(ErrorCode::kUnavailable,
                      "the output can't be written; free some space where it goes");
  };
  auto visited = view->visit({write, write, write, write});
  if (visited) visited = write(ExportEnd{lines});
  terminal.output.flush();
  if (!visited) return failed(terminal.messages, visited.error());
  return 0;
}

base::Result<std::uint64_t> import_lines(store::StateImport& import, std::istream& input) {
  std::uint64_t lines = 0;
  std::string line;
  while (std::getline(input, line)) {
    const auto where = "line " + std::to_string(lines + 1);
    auto record = parse_export_line(line);
    if (!record) return base::propagate(std::move(record), where);
    if (std::holds_alternative<store::StateSummary>(*record) != (lines == 0)) {
      return base::fail(ErrorCode::kInvalid,
                        where + ": the first line, and no other, must be of kind state");
    }
    if (const auto* end = std::get_if<ExportEnd>(&*record)) {
      if (end->lines == lines) return lines;
      return base::fail(ErrorCode::kInvalid,
                        where + ": " + std::to_string(end->lines) + " lines were exported, and " +
                            std::to_string(lines) + " are here; export it again");
    }
    auto added = std::visit(
        [&](const auto& chosen) -> base::Result<void> {
          if constexpr (std::is_same_v<std::decay_t<decltype(chosen)>, ExportEnd>) {
            return {};
          } else {
            return import.add(chosen);
          }
        },
        *record);
    if (!added) return base::propagate(std::move(added), where);
    ++lines;
  }
  return base::fail(ErrorCode::kInvalid, "the export ends behind line " + std::to_string(lines) +
                                             " without its last line; export it again");
}

int import_all(const std::string& dir, const Terminal& terminal) {
  auto import = store::StateImport::begin(dir);
  if (!import) return failed(terminal.messages, import.error());
  auto lines = import_lines(*import, terminal.input);
  if (!lines) {
    return failed(terminal.messages, std::move(lines.error()).with_context("nothing is imported"));
  }
  if (auto finished = import->finish(); !finished) {
    return failed(terminal.messages, finished.error());
  }
  terminal.output << "imported " << *lines << " records into " << dir << '\n';
  return 0;
}

constexpr std::string_view kHelp =
    "pikachu state ACTION [OPTION...]: what is saved in the state directory\n"
    "\n"
    "Actions:\n"
    "  show     position, what waits and dead letters per task, size, who holds it; works\n"
    "           beside a running pikachu\n"
    "  export   all of it as JSON Lines to standard output; beside a running pikachu, too\n"
    "  import   reads an export from standard input into a directory without state\n"
    "  reset    removes some of it: -position, -waiting or -damaged; says first what that\n"
    "           loses, and asks. pikachu must not run\n"
    "\n"
    "Options:\n"
    "  -config FILE       configuration whose state.dir is meant (default: config.yaml)\n"
    "  -tasks FILE        take `tasks:` from this file instead\n"
    "  -format F          show: text or json (default: text)\n"
    "  -position PLACE    reset: begin there: latest, earliest, gtid:SET, file:NAME:OFFSET, "
    "a\n"
    "                     time, or none for database.start_from\n"
    "  -waiting -task T   reset: remove what waits for this task\n"
    "  -damaged           reset: set the whole file aside, under another name\n"
    "  -yes               don't ask; needed where there is no terminal\n"
    "  -help              print this and end\n"
    "\n"
    "Exit status: 0 done; 1 it failed; 2 wrong usage or configuration, or not confirmed.\n"
    "docs/reference/state.md has the whole contract.\n";

base::Result<void> set(StateOptions& options, std::string_view name, std::string_view value) {
  if (name == "waiting") {
    options.waiting = true;
  } else if (name == "damaged") {
    options.damaged = true;
  } else if (name == "yes") {
    options.yes = true;
  } else if (value.empty()) {
    return refuse("-" + std::string(name) + ": its value is empty");
  } else if (name == "config") {
    options.config_path = value;
  } else if (name == "tasks") {
    options.tasks_path = value;
  } else if (name == "task") {
    options.task = value;
  } else if (name == "position") {
    if (value != "none") {
      auto parsed = config::parse_start_from(value);
      if (!parsed) return refuse("-position: " + parsed.error().message);
    }
    options.position = value;
  } else if (value == "text" || value == "json") {
    options.format = value == "text" ? Format::kText : Format::kJson;
  } else {
    return refuse("-format: \"" + std::string(value) + "\" is neither text nor json");
  }
  return {};
}

base::Result<void> check(const StateOptions& options) {
  const auto& words = options.words;
  if (words.empty()) return refuse("pikachu state needs an action: show, export, import or reset");
  const auto& action = words.front();
  if (std::find(kActions.begin(), kActions.end(), action) == kActions.end()) {
    return refuse("unknown action \"" + action + "\": show, export, import or reset");
  }
  if (words.size() > 1) return refuse("unknown argument \"" + words[1] + "\"");
  const std::array given{!options.position.empty(), options.waiting, options.damaged};
  const auto chosen = std::count(given.begin(), given.end(), true);
  if (action == "reset" && chosen != 1) {
    return refuse("reset needs one of -position PLACE, -waiting -task T, and -damaged");
  }
  if (action != "reset" && (chosen > 0 || options.yes || !options.task.empty())) {
    return refuse("-position, -waiting, -task, -damaged and -yes are for reset");
  }
  if (options.waiting == options.task.empty()) return refuse("-waiting and -task go together");
  return {};
}

}  // namespace

base::CommandSyntax<StateOptions> state_syntax() {
  static constexpr std::array<std::string_view, 3> kFlags = {"waiting", "damaged", "yes"};
  static constexpr std::array<std::string_view, 5> kValued = {"config", "tasks", "task", "position",
                                                              "format"};
  return {"pikachu state", kHelp, kFlags, kValued, set, check, &StateOptions::words};
}

int run_state(const StateOptions& options, const Terminal& terminal) {
  const auto dir = state_directory(options.config_path, options.tasks_path, terminal.messages);
  if (!dir) return 2;
  const auto& action = options.words.front();
  if (action == "show") return show(options, *dir, terminal);
  if (action == "export") return export_all(*dir, terminal);
  if (action == "import") return import_all(*dir, terminal);
  return reset_state(options, *dir, terminal);
}

}  // namespace pikachu::app
