#include "app/deadletters_command.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <limits>
#include <ostream>
#include <utility>

#include "app/letter_json.h"
#include "app/number_option.h"
#include "app/state_directory.h"
#include "store/state_lock.h"

namespace pikachu::app {
namespace {

using base::ErrorCode;
using base::refuse;
using Format = DeadLettersOptions::Format;

constexpr std::array<std::string_view, 4> kActions = {"list", "show", "retry", "drop"};

int failed(std::ostream& messages, const base::Error& error) {
  messages << "pikachu deadletters: " << error.message << '\n';
  return 1;
}

std::string plural(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " dead letter" : " dead letters");
}

void print_row(std::ostream& output, const store::StoredLetter& letter) {
  const auto& content = letter.content;
  output << std::left << std::setw(8) << letter.letter << ' ' << letter.added_at << ' '
         << std::setw(20) << content.task_id << ' ' << content.id << ' '
         << (content.label.empty() ? "-" : content.label) << " HTTP " << content.last_status << ", "
         << content.attempts << " attempts" << (letter.is_marked ? ", to be retried" : "") << '\n';
}

int list(const DeadLettersOptions& options, store::StateView& view, std::ostream& output,
         std::ostream& messages) {
  // One more, to know whether there is one.
  auto letters = view.letters(options.choice.task_id, options.after, options.limit + 1);
  if (!letters) return failed(messages, letters.error());
  const bool has_more = letters->size() > options.limit;
  if (has_more) letters->pop_back();
  for (const auto& letter : *letters) {
    if (options.format == Format::kJson) {
      output << to_json(letter) << '\n';
    } else {
      print_row(output, letter);
    }
  }
  if (options.format == Format::kText && letters->empty()) output << "no dead letters\n";
  if (has_more) messages << "there are more: -after " << letters->back().letter << '\n';
  return 0;
}

void print_whole(std::ostream& output, const store::StoredLetter& letter) {
  const auto& content = letter.content;
  output << "task:       " << content.task_id << "\nid:         " << content.id
         << "\nchange:     " << content.label << "\nset aside:  " << letter.added_at
         << "\nretry:      " << (letter.is_marked ? "marked" : "no")
         << "\nreason:     " << content.reason << "\nattempts:   " << content.attempts
         << "\nstatus:     " << content.last_status << "\nreply:      " << content.last_reply
         << "\nbody:       " << content.body << '\n';
}

int show(const DeadLettersOptions& options, store::StateView& view, std::ostream& output,
         std::ostream& messages) {
  int status = 0;
  for (const auto& id : options.choice.ids) {
    auto letter = view.letter(*options.choice.task_id, id);
    if (!letter) return failed(messages, letter.error());
    if (!*letter) {
      status = failed(messages, {ErrorCode::kInvalid,
                                 "task " + *options.choice.task_id + " has no dead letter " + id});
    } else if (options.format == Format::kJson) {
      output << to_json(**letter) << '\n';
    } else {
      print_whole(output, **letter);
    }
  }
  return status;
}

int nothing_found(std::ostream& messages) {
  return failed(messages, {ErrorCode::kInvalid,
                           "there is no such dead letter; pikachu deadletters list shows them"});
}

int retry(const DeadLettersOptions& options, store::StateView& view, const std::string& dir,
          std::ostream& output, std::ostream& messages) {
  auto marked = view.mark(options.choice, options.rate);
  if (!marked) return failed(messages, marked.error());
  if (*marked == 0 && !options.all) return nothing_found(messages);
  output << "marked " << plural(*marked) << " to be delivered after all\n";
  if (!store::StateLock::holder(dir)) {
    messages << "pikachu does not run on " << dir << ": they are delivered after its next start\n";
  }
  return 0;
}

int drop(const DeadLettersOptions& options, store::StateView& view, std::ostream& output,
         std::ostream& messages) {
  auto dropped = view.drop(options.choice, options.reason);
  if (!dropped) return failed(messages, dropped.error());
  if (*dropped == 0 && !options.all) return nothing_found(messages);
  output << "dropped " << plural(*dropped) << ": " << options.reason << '\n';
  return 0;
}

constexpr std::string_view kHelp =
    "pikachu deadletters ACTION [OPTION...]: the changes that their endpoints refused\n"
    "\n"
    "Works beside a running pikachu, and without one.\n"
    "\n"
    "Actions:\n"
    "  list    one line for each, the oldest first\n"
    "  show    all that is known of those with -task and -id, the body too\n"
    "  retry   deliver those with -id, or -all, after all: the same id and the same bytes. A\n"
    "          running pikachu begins within a second. What is refused again is a dead\n"
    "          letter again\n"
    "  drop    remove those with -id, or -all, for good; needs -reason, which is kept\n"
    "\n"
    "Options:\n"
    "  -config FILE   configuration whose state.dir is meant (default: config.yaml)\n"
    "  -tasks FILE    take `tasks:` from this file instead\n"
    "  -task T        only dead letters of this task\n"
    "  -id ID         the change's id, the header webhook-id; may be repeated\n"
    "  -all           all of them, or of the task\n"
    "  -rate N        retry: at most N a second, from now on (default: as before; 100 at "
    "first)\n"
    "  -reason TEXT   drop: why\n"
    "  -after N       list: those behind this number of the first column\n"
    "  -limit N       list: at most so many (default: 100)\n"
    "  -format F      text or json, an object a line (default: text)\n"
    "  -help          print this and end\n"
    "\n"
    "Exit status: 0 done; 1 it failed, or there is no such dead letter; 2 wrong usage or\n"
    "configuration. docs/reference/deadletters.md has the whole contract.\n";

base::Result<void> set(DeadLettersOptions& options, std::string_view name, std::string_view value) {
  constexpr std::uint32_t kFastest = 1'000'000;
  constexpr std::size_t kMostListed = 1'000'000;
  if (name == "all") {
    options.all = true;
    return {};
  }
  if (value.empty()) return refuse("-" + std::string(name) + ": its value is empty");
  if (name == "config") {
    options.config_path = value;
  } else if (name == "tasks") {
    options.tasks_path = value;
  } else if (name == "task") {
    options.choice.task_id = value;
  } else if (name == "id") {
    options.choice.ids.emplace_back(value);
  } else if (name == "reason") {
    options.reason = value;
  } else if (name == "rate") {
    return set_number(options.rate.emplace(), name, value, 1U, kFastest);
  } else if (name == "after") {
    return set_number<std::int64_t>(options.after, name, value, 0,
                                    std::numeric_limits<std::int64_t>::max());
  } else if (name == "limit") {
    return set_number<std::size_t>(options.limit, name, value, 1, kMostListed);
  } else if (value == "text" || value == "json") {
    options.format = value == "text" ? Format::kText : Format::kJson;
  } else {
    return refuse("-format: \"" + std::string(value) + "\" is neither text nor json");
  }
  return {};
}

base::Result<void> check(const DeadLettersOptions& options) {
  const auto& words = options.words;
  if (words.empty())
    return refuse("pikachu deadletters needs an action: list, show, retry or drop");
  const auto& action = words.front();
  if (std::find(kActions.begin(), kActions.end(), action) == kActions.end()) {
    return refuse("unknown action \"" + action + "\": list, show, retry or drop");
  }
  if (words.size() > 1) return refuse("unknown argument \"" + words[1] + "\"");
  const bool has_ids = !options.choice.ids.empty();
  if (action == "show" && !(has_ids && options.choice.task_id)) {
    return refuse("show needs -task and -id");
  }
  if (action == "list" && (has_ids || options.all)) {
    return refuse("list shows those of -task, or all; show takes an -id");
  }
  if ((action == "retry" || action == "drop") && has_ids == options.all) {
    return refuse(action + (has_ids ? " takes -id or -all, not both"
                                    : " needs -id, or -all for all of them or of -task"));
  }
  if (action == "drop" && options.reason.empty()) {
    return refuse("drop needs -reason: it is kept with the ids of what was dropped");
  }
  if (action != "drop" && !options.reason.empty()) return refuse("-reason is for drop");
  if (action != "retry" && options.rate) return refuse("-rate is for retry");
  return {};
}

}  // namespace

base::CommandSyntax<DeadLettersOptions> deadletters_syntax() {
  static constexpr std::array<std::string_view, 1> kFlags = {"all"};
  static constexpr std::array<std::string_view, 9> kValued = {
      "config", "tasks", "task", "id", "rate", "reason", "after", "limit", "format"};
  return {"pikachu deadletters", kHelp, kFlags, kValued, set, check, &DeadLettersOptions::words};
}

int run_deadletters(const DeadLettersOptions& options, std::ostream& output,
                    std::ostream& messages) {
  const auto dir = state_directory(options.config_path, options.tasks_path, messages);
  if (!dir) return 2;
  const auto& action = options.words.front();
  const bool reads = action == "list" || action == "show";
  auto view =
      store::StateView::open(*dir, reads ? store::OpenMode::kRead : store::OpenMode::kWrite);
  if (!view) return failed(messages, view.error());
  if (action == "list") return list(options, *view, output, messages);
  if (action == "show") return show(options, *view, output, messages);
  if (action == "retry") return retry(options, *view, *dir, output, messages);
  return drop(options, *view, output, messages);
}

}  // namespace pikachu::app
