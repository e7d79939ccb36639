#include "app/state_reset.h"

#include <istream>
#include <optional>
#include <ostream>
#include <utility>

#include "store/state_file.h"
#include "store/state_lock.h"
#include "store/state_view.h"

namespace pikachu::app {
namespace {

constexpr int kFailed = 1;
constexpr int kNotConfirmed = 2;

int failed(const Terminal& terminal, const base::Error& error) {
  terminal.messages << "pikachu state: " << error.message << '\n';
  return kFailed;
}

bool is_confirmed(const StateOptions& options, const Terminal& terminal) {
  if (options.yes) return true;
  if (!terminal.is_interactive) {
    terminal.messages << "pikachu state: nothing is changed: add -yes to confirm it\n";
    return false;
  }
  terminal.output << "Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(terminal.input, answer);
  if (answer == "yes") return true;
  terminal.messages << "pikachu state: nothing is changed\n";
  return false;
}

int reset_position(const StateOptions& options, store::StateView& view, const Terminal& terminal) {
  auto summary = view.summary();
  if (!summary) return failed(terminal, summary.error());
  const bool from_configuration = options.position == "none";
  const auto place = from_configuration ? std::string("database.start_from") : options.position;
  if (summary->checkpoint) {
    terminal.output << "The saved position " << change::to_string(summary->checkpoint->position)
                    << " (" << summary->saved_at << ") is removed; the next start begins at "
                    << place << ".\nChanges between the two are never sent if " << place
                    << " is later, and sent a second time if it is earlier.\n";
  } else {
    terminal.output << "There is no saved position; the next start begins at " << place << ".\n";
  }
  terminal.output << "What waits for tasks, and dead letters, stay.\n";
  if (!is_confirmed(options, terminal)) return kNotConfirmed;
  const auto start_from = from_configuration ? std::nullopt : std::optional(options.position);
  if (auto reset = view.reset_position(start_from); !reset) return failed(terminal, reset.error());
  terminal.output << "done\n";
  return 0;
}

int reset_waiting(const StateOptions& options, store::StateView& view, const Terminal& terminal) {
  auto summary = view.summary();
  if (!summary) return failed(terminal, summary.error());
  std::uint64_t changes = 0;
  for (const auto& task : summary->tasks) {
    if (task.task_id == options.task) changes = task.waiting.changes;
  }
  if (changes == 0) {
    return failed(terminal,
                  {base::ErrorCode::kInvalid, "nothing waits for task " + options.task +
                                                  "; pikachu state show names the tasks"});
  }
  terminal.output << changes << " changes that wait for task " << options.task
                  << " are removed, and never sent to it; pikachu state export keeps a copy.\n";
  if (!is_confirmed(options, terminal)) return kNotConfirmed;
  auto removed = view.remove_waiting(options.task);
  if (!removed) return failed(terminal, removed.error());
  terminal.output << "removed " << removed->changes << " changes\n";
  return 0;
}

int set_aside(const StateOptions& options, const std::string& dir, const Terminal& terminal) {
  terminal.output << "The state file of " << dir
                  << " gets another name. The next start has no position, and begins at "
                     "database.start_from;\nwhat waited for tasks, and the dead letters, are in "
                     "the renamed file only.\n";
  if (!is_confirmed(options, terminal)) return kNotConfirmed;
  auto aside = store::set_state_file_aside(dir);
  if (!aside) return failed(terminal, aside.error());
  terminal.output << "it is " << *aside << " now\n";
  return 0;
}

}  // namespace

int reset_state(const StateOptions& options, const std::string& dir, const Terminal& terminal) {
  auto lock = store::StateLock::acquire(dir);
  if (!lock) return failed(terminal, lock.error());
  if (options.damaged) return set_aside(options, dir, terminal);
  auto view = store::StateView::open(dir, store::OpenMode::kWrite);
  if (!view) return failed(terminal, view.error());
  if (options.waiting) return reset_waiting(options, *view, terminal);
  return reset_position(options, *view, terminal);
}

}  // namespace pikachu::app
