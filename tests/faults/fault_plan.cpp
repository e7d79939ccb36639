#include "tests/faults/fault_plan.h"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace pikachu::faults {
namespace {

using Action = FaultPlan::Action;

[[noreturn]] void refuse(std::string_view text) {
  std::cerr << "PIKACHU_FAULT: \"" << text
            << "\" is not point[:n[-m]][:kill|tear|fail|stall|pass]\n";
  std::_Exit(3);
}

std::uint64_t parse_count(std::string_view text, std::string_view whole) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) refuse(whole);
  return count;
}

std::optional<Action> parse_action(std::string_view text) {
  if (text == "kill") return Action::kKill;
  if (text == "tear") return Action::kTear;
  if (text == "fail") return Action::kFail;
  if (text == "stall") return Action::kStall;
  if (text == "pass") return Action::kPass;
  return std::nullopt;
}

/// What is before `separator`, which goes from `rest` with it.
std::string_view take_until(char separator, std::string_view& rest) {
  const auto at = rest.find(separator);
  const auto taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return taken;
}

}  // namespace

FaultPlan::FaultPlan(std::string_view text) {
  while (!text.empty()) {
    const auto step = take_until('>', text);
    steps_.push_back(parse_step(step, text.empty()));
  }
}

FaultPlan::Step FaultPlan::parse_step(std::string_view text, bool is_last) {
  Step step;
  step.action = is_last ? Action::kKill : Action::kPass;
  auto rest = text;
  step.point = take_until(':', rest);
  if (step.point.empty()) refuse(text);
  while (!rest.empty()) {
    auto part = take_until(':', rest);
    if (const auto action = parse_action(part)) {
      step.action = *action;
      continue;
    }
    step.first = parse_count(take_until('-', part), text);
    step.last = part.empty() ? step.first : parse_count(part, text);
  }
  return step;
}

FaultPlan::Action FaultPlan::pass(std::string_view point) {
  if (current_ == steps_.size() || steps_[current_].point != point) return Action::kPass;
  const auto& step = steps_[current_];
  ++passed_;
  if (passed_ < step.first) return Action::kPass;
  if (passed_ == step.last) {
    ++current_;
    passed_ = 0;
  }
  return step.action;
}

}  // namespace pikachu::faults

namespace pikachu::base {
namespace {

using Action = faults::FaultPlan::Action;

// The plan is the process's: points have nothing that they could get it from.
Action next_action(std::string_view point) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* const text = std::getenv("PIKACHU_FAULT");
  static faults::FaultPlan plan(text == nullptr ? "" : text);
  const auto action = plan.pass(point);
  if (action != Action::kPass) std::cerr << "fault at " << point << std::endl;
  return action;
}

// Until somebody opens the named pipe to write to it.
void wait_at_gate() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* const gate = std::getenv("PIKACHU_FAULT_GATE");
  const int opened = gate == nullptr ? -1 : ::open(gate, O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    std::cerr << "PIKACHU_FAULT_GATE: names no pipe that can be opened\n";
    std::_Exit(3);
  }
  ::close(opened);
}

}  // namespace

FaultAction pass_fault_point(std::string_view point) {
  switch (next_action(point)) {
    case Action::kKill:
      end_process();
    case Action::kTear:
      return FaultAction::kTear;
    case Action::kFail:
      return FaultAction::kFail;
    case Action::kStall:
      wait_at_gate();
      return FaultAction::kGoOn;
    case Action::kPass:
      break;
  }
  return FaultAction::kGoOn;
}

void end_process() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace pikachu::base
