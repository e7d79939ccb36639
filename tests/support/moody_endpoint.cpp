#include "tests/support/moody_endpoint.h"

#include <optional>

namespace pikachu::test {
namespace {

using Action = ReceiverAnswer::Action;

ReceiverAnswer answer_of(Mood mood, std::mt19937_64& random) {
  ReceiverAnswer answer;
  switch (mood) {
    case Mood::kWell:
    case Mood::kErratic:
      break;
    case Mood::kSlow:
      answer.delay = std::chrono::milliseconds(std::uniform_int_distribution(0, 100)(random));
      break;
    case Mood::kFails:
      answer.status = 500;
      break;
    case Mood::kThrottles:
      answer.status = 429;
      answer.headers.emplace_back("Retry-After", "0");
      break;
    case Mood::kHangs:
      answer.action = Action::kHang;
      break;
    case Mood::kHangsUp:
      answer.action = Action::kClose;
      break;
    case Mood::kResets:
      answer.action = Action::kReset;
      break;
    case Mood::kLies:
      answer.action = Action::kAnswerAndClose;
      break;
    case Mood::kCuts:
      answer.action = Action::kCut;
      break;
  }
  return answer;
}

}  // namespace

void MoodyEndpoint::set_mood(Mood mood) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
}

void MoodyEndpoint::change_mood() {
  const std::lock_guard lock(mutex_);
  // Well as often as all others together: else little would get through.
  constexpr int kMoods = static_cast<int>(Mood::kErratic) + 1;
  const int drawn = std::uniform_int_distribution(0, 2 * kMoods)(random_);
  mood_ = drawn < kMoods ? static_cast<Mood>(drawn) : Mood::kWell;
}

ReceiverAnswer MoodyEndpoint::take(const ReceivedRequest& request) {
  ReceiverAnswer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = answer_of(draw(), random_);
  }
  std::optional<ArrivalLog::TimePoint> accepted_at;
  const bool whole = answer.action == Action::kAnswer || answer.action == Action::kAnswerAndClose;
  if (whole && answer.status == 200) accepted_at = request.arrived + answer.delay;
  log_.take(request, accepted_at);
  return answer;
}

Mood MoodyEndpoint::draw() {
  if (mood_ != Mood::kErratic) return mood_;
  // Most are taken.
  constexpr int kMoods = static_cast<int>(Mood::kErratic);
  const int drawn = std::uniform_int_distribution(0, 20 * kMoods)(random_);
  return drawn < kMoods ? static_cast<Mood>(drawn) : Mood::kWell;
}

}  // namespace pikachu::test
