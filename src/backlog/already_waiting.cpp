#include "backlog/already_waiting.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace pikachu::backlog {
namespace {

constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

AlreadyWaiting::Keys AlreadyWaiting::keys_of(const pipeline::Message& message) const {
  return scope_ == OrderScope::kTask ? Keys{} : message.keys;
}

bool AlreadyWaiting::Place::is_of(const pipeline::Message& message) const {
  return keys == message.keys && label == std::hash<std::string>{}(message.label);
}

void AlreadyWaiting::add(std::uint64_t number, const pipeline::Message& message) {
  // An id that waits twice was sent again for the sake of order: the later one is the one to keep.
  places_.insert_or_assign(message.id,
                           Place{number, message.keys, std::hash<std::string>{}(message.label)});
  for (const auto key : keys_of(message)) ids_of_key_[key].emplace(number, message.id);
}

bool AlreadyWaiting::has(const pipeline::Message& message) {
  if (places_.empty()) return false;
  const auto found = places_.extract(message.id);
  const bool is_it =
      !found.empty() && found.mapped().number > forgotten_through_ && found.mapped().is_of(message);
  forget(keys_of(message), is_it ? found.mapped().number : kAll);
  if (places_.empty()) ids_of_key_.clear();
  return is_it;
}

void AlreadyWaiting::forget(const Keys& keys, std::uint64_t through) {
  if (keys[0] == pipeline::kAnyRow || keys[1] == pipeline::kAnyRow) {
    forgotten_through_ = std::max(forgotten_through_, through);
    if (through == kAll) places_.clear();
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
