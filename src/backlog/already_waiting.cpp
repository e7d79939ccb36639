#include "backlog/already_waiting.h"

#include <limits>

namespace pikachu::backlog {

AlreadyWaiting::Keys AlreadyWaiting::keys_of(const pipeline::Message& message) const {
  return scope_ == OrderScope::kTask ? Keys{} : message.keys;
}

void AlreadyWaiting::add(std::uint64_t number, const pipeline::Message& message) {
  // An id that waits twice was sent again for the sake of order: the later one is the one to keep.
  numbers_.insert_or_assign(message.id, number);
  for (const auto key : keys_of(message)) ids_of_key_[key].emplace(number, message.id);
}

bool AlreadyWaiting::has(const pipeline::Message& message) {
  if (numbers_.empty()) return false;
  const auto found = numbers_.extract(message.id);
  const auto place = found.empty() ? std::numeric_limits<std::uint64_t>::max() : found.mapped();
  for (const auto key : keys_of(message)) {
    const auto ids = ids_of_key_.find(key);
    if (ids == ids_of_key_.end()) continue;
    auto& by_number = ids->second;
    const auto end = by_number.upper_bound(place);
    for (auto other = by_number.begin(); other != end; ++other) {
      const auto number = numbers_.find(other->second);
      if (number != numbers_.end() && number->second <= place) numbers_.erase(number);
    }
    by_number.erase(by_number.begin(), end);
  }
  if (numbers_.empty()) ids_of_key_.clear();
  return !found.empty();
}

}  // namespace pikachu::backlog
