#include "backlog/already_waiting.h"

#include <algorithm>
#include <limits>

namespace pikachu::backlog {

AlreadyWaiting::Keys AlreadyWaiting::keys_of(const pipeline::Message& message) const {
  return scope_ == OrderScope::kTask ? Keys{} : message.keys;
}

void AlreadyWaiting::add(std::uint64_t number, const pipeline::Message& message) {
  const auto keys = keys_of(message);
  // An id that waits twice was sent again for the sake of order: the later one is the one to keep.
  places_.insert_or_assign(message.id, Place{number, keys});
  for (const auto key : keys) ids_of_key_[key].emplace(number, message.id);
}

bool AlreadyWaiting::has(const pipeline::Message& message) {
  constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
  if (places_.empty()) return false;
  const auto keys = keys_of(message);
  const auto found = places_.extract(message.id);
  const bool is_it =
      !found.empty() && found.mapped().number > forgotten_through_ && found.mapped().keys == keys;
  forget(keys, is_it ? found.mapped().number : kAll);
  // Another row's record waits under this id: what follows it is to follow it again.
  if (!is_it && !found.empty()) forget(found.mapped().keys, kAll);
  if (places_.empty()) ids_of_key_.clear();
  return is_it;
}

void AlreadyWaiting::forget(const Keys& keys, std::uint64_t through) {
  if (keys[0] == pipeline::kAnyRow || keys[1] == pipeline::kAnyRow) {
    forgotten_through_ = std::max(forgotten_through_, through);
    return;
  }
  for (const auto key : keys) forget_row(key, through);
  forget_row(pipeline::kAnyRow, through);
}

void AlreadyWaiting::forget_row(std::uint64_t key, std::uint64_t through) {
  const auto ids = ids_of_key_.find(key);
  if (ids == ids_of_key_.end()) return;
  auto& by_number = ids->second;
  const auto end = by_number.upper_bound(through);
  for (auto other = by_number.begin(); other != end; ++other) {
    const auto place = places_.find(other->second);
    if (place != places_.end() && place->second.number <= through) places_.erase(place);
  }
  by_number.erase(by_number.begin(), end);
}

}  // namespace pikachu::backlog
