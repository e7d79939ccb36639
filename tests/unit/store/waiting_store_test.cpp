#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "store/state_file.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

using pipeline::WaitingDelivery;
using pipeline::WaitingId;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

std::vector<std::uint64_t> numbers_of(const std::vector<WaitingDelivery>& deliveries) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(deliveries.size());
  for (const auto& delivery : deliveries) numbers.push_back(delivery.number);
  return numbers;
}

std::vector<std::uint64_t> numbers(Store& store, std::size_t task, std::uint64_t after = 0) {
  auto read = store.read(task, after, kAll, kAll);
  EXPECT_TRUE(read) << read.error().message;
  return read ? numbers_of(*read) : std::vector<std::uint64_t>{};
}

void add(Store& store, const std::vector<WaitingDelivery>& added) {
  auto written = store.write(added, {});
  ASSERT_TRUE(written) << written.error().message;
}

void expect_same(const pipeline::Message& message, const pipeline::Message& expected) {
  EXPECT_EQ(message.task, expected.task);
  EXPECT_EQ(message.id, expected.id);
  EXPECT_EQ(message.body, expected.body);
  EXPECT_EQ(message.keys, expected.keys);
  EXPECT_EQ(message.label, expected.label);
  EXPECT_EQ(message.commit_time_us, expected.commit_time_us);
}

TEST(WaitingStore, ReadsBackEveryByteAfterAReopen) {
  const TemporaryDirectory dir;
  auto delivery = waiting(1, 7, std::string("\0\xFF{}\xC3", 5) + std::string(3U << 20U, 'x'));
  add(*open_or_fail(dir.path(), {"t1", "t2"}), {delivery});

  auto read = open_or_fail(dir.path(), {"t1", "t2"})->read(1, 0, kAll, kAll);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().number, 7U);
  expect_same(*read->front().message, *delivery.message);
}

TEST(WaitingStore, ReadsInOrderOfNumberBehindANumber) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1", "t2"});
  add(*store, {waiting(0, 9), waiting(0, 3), waiting(1, 4), waiting(0, 5)});
  EXPECT_EQ(numbers(*store, 0), (std::vector<std::uint64_t>{3, 5, 9}));
  EXPECT_EQ(numbers(*store, 0, 3), (std::vector<std::uint64_t>{5, 9}));
  EXPECT_EQ(numbers(*store, 0, 9), std::vector<std::uint64_t>{});
  EXPECT_EQ(numbers(*store, 1), std::vector<std::uint64_t>{4});
}

TEST(WaitingStore, ReadsNoMoreThanItIsAskedFor) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1"});
  const auto first = waiting(0, 1, std::string(1'000, 'x'));
  add(*store, {first, waiting(0, 2, std::string(1'000, 'x')), waiting(0, 3)});
  const auto one = first.message->size();
  EXPECT_EQ(numbers_of(*store->read(0, 0, 2, kAll)), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(numbers_of(*store->read(0, 0, kAll, 2 * one)), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(numbers_of(*store->read(0, 0, kAll, 2 * one - 1)), std::vector<std::uint64_t>{1});
  EXPECT_EQ(numbers_of(*store->read(0, 0, kAll, 1)), std::vector<std::uint64_t>{1})
      << "one that is larger than the limit is read by itself";
  EXPECT_EQ(numbers_of(*store->read(0, 0, 0, kAll)), std::vector<std::uint64_t>{});
}

TEST(WaitingStore, NumberThatIsThereAlreadyIsLeftAsItIs) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1"});
  add(*store, {waiting(0, 1, "first")});
  const auto before = *store->amount(0);
  add(*store, {waiting(0, 1, "second"), waiting(0, 2)});
  EXPECT_EQ(store->read(0, 0, 1, kAll)->front().message->body, "first");
  EXPECT_EQ(store->amount(0)->changes, before.changes + 1);
}

TEST(WaitingStore, RemovingWhatIsNotThereDoesNothing) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1", "t2"});
  add(*store, {waiting(0, 1), waiting(1, 2)});
  const std::vector<WaitingId> removed{{0, 2}, {1, 1}, {0, 77}};
  ASSERT_TRUE(store->write({}, removed));
  EXPECT_EQ(store->amount(0)->changes, 1U);
  EXPECT_EQ(store->amount(1)->changes, 1U);
}

TEST(WaitingStore, AmountIsThatOfTheMessagesAlsoAfterAReopen) {
  const TemporaryDirectory dir;
  const auto first = waiting(0, 1, std::string(1'000, 'x'));
  const auto second = waiting(0, 2, "\xC3\xA4");
  {
    const auto store = open_or_fail(dir.path(), {"t1", "t2"});
    add(*store, {first, second});
    EXPECT_EQ(store->amount(0)->bytes, first.message->size() + second.message->size());
  }
  const auto store = open_or_fail(dir.path(), {"t1", "t2"});
  EXPECT_EQ(store->amount(0)->changes, 2U);
  EXPECT_EQ(store->amount(0)->bytes, first.message->size() + second.message->size());
  EXPECT_EQ(store->amount(1)->changes, 0U);
  const std::vector<WaitingId> removed{{0, 1}};
  ASSERT_TRUE(store->write({}, removed));
  EXPECT_EQ(store->amount(0)->bytes, second.message->size());
}

TEST(WaitingStore, LastNumberIsTheHighestThatWasSavedAnywhere) {
  const TemporaryDirectory dir;
  {
    const auto store = open_or_fail(dir.path(), {"t1"});
    EXPECT_EQ(*store->last_number(), 0U);
    add(*store, {waiting(0, 5)});
    EXPECT_EQ(*store->last_number(), 5U);
    const std::vector<WaitingId> removed{{0, 5}};
    ASSERT_TRUE(store->write({}, removed));
  }
  const auto store = open_or_fail(dir.path(), {"t1"});
  EXPECT_EQ(*store->last_number(), 5U) << "a number is not used again once its delivery is gone";
  ASSERT_TRUE(store->save({position_at(4), 8, std::nullopt}));
  EXPECT_EQ(*store->last_number(), 8U);
  auto letter = letter_of("t1", "0-1-42-0");
  letter.number = 9;
  ASSERT_TRUE(store->add(letter));
  EXPECT_EQ(*store->last_number(), 9U);
}

TEST(WaitingStore, WhatWaitsForATaskThatIsNotConfiguredStaysAndIsNamed) {
  const TemporaryDirectory dir;
  const auto kept = waiting(1, 2);
  add(*open_or_fail(dir.path(), {"t1", "t2"}), {waiting(0, 1), kept});
  {
    const auto store = open_or_fail(dir.path(), {"t3", "t1"});
    ASSERT_EQ(store->orphans()->size(), 1U);
    EXPECT_EQ(store->orphans()->front().task_id, "t2");
    EXPECT_EQ(store->orphans()->front().amount.changes, 1U);
    EXPECT_EQ(store->orphans()->front().amount.bytes, kept.message->size());
    EXPECT_EQ(numbers(*store, 0), std::vector<std::uint64_t>{});
    EXPECT_EQ(numbers(*store, 1), std::vector<std::uint64_t>{1});
  }
  const auto store = open_or_fail(dir.path(), {"t2"});
  EXPECT_EQ(numbers(*store, 0), std::vector<std::uint64_t>{2});
  EXPECT_EQ(store->read(0, 0, 1, kAll)->front().message->task, 0U);
}

TEST(WaitingStore, SlotsOfTasksThatCameAndWentAreUsedAgain) {
  const TemporaryDirectory dir;
  for (int round = 0; round < 10; ++round) {
    open_or_fail(dir.path(), {"t" + std::to_string(round)});
  }
  auto file = Connection::open(dir / "pikachu.db", OpenMode::kRead);
  EXPECT_EQ(file->query_number("SELECT max(slot) FROM tasks").value(), 1);
}

TEST(WaitingStore, RefusesANumberThatHasNoPlace) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1"});
  const std::uint64_t last = (std::uint64_t{1} << 48U) - 2;
  add(*store, {waiting(0, last)});
  EXPECT_EQ(numbers(*store, 0), std::vector<std::uint64_t>{last});
  const std::vector<WaitingDelivery> past{waiting(0, last + 1), waiting(0, 1)};
  const auto refused = store->write(past, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(numbers(*store, 0), std::vector<std::uint64_t>{last}) << "nothing of it happened";
}

TEST(WaitingStore, DrainedBacklogGivesItsSpaceBack) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"t1"});
  constexpr std::uint64_t kChanges = 20'000;
  std::vector<WaitingDelivery> group;
  for (std::uint64_t number = 1; number <= kChanges; ++number) {
    group.push_back(waiting(0, number, std::string(8'000, 'x')));
    if (group.size() == 1'000) add(*store, std::exchange(group, {}));
  }
  const auto full = std::filesystem::file_size(dir / "pikachu.db");
  ASSERT_GT(full, kChanges * 8'000);
  for (std::uint64_t number = 1; number <= kChanges;) {
    std::vector<WaitingId> removed;
    while (removed.size() < 1'000) removed.push_back({0, number++});
    ASSERT_TRUE(store->write({}, removed));
  }
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->save({position_at(4), 1, std::nullopt}));
  // The file is cut when the log is copied into it; what is below 64 MiB is kept for the next time.
  EXPECT_LT(std::filesystem::file_size(dir / "pikachu.db"), full / 2);
  EXPECT_LT(std::filesystem::file_size(dir / "pikachu.db-wal"), 32U << 20U);
}

// Random writes, reads and reopens, compared with a map.
TEST(WaitingStore, BehavesAsAMapUnderRandomUse) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint64_t end) { return random() % end; };
  const std::vector<std::string> task_ids{"a", "b", "c"};
  const TemporaryDirectory dir;
  auto store = open_or_fail(dir.path(), task_ids);
  std::map<std::pair<std::size_t, std::uint64_t>, pipeline::WaitingDelivery> model;
  std::uint64_t highest = 0;
  for (int step = 0; step < 150; ++step) {
    std::vector<WaitingDelivery> added;
    for (auto left = below(20); left > 0; --left) {
      added.push_back(waiting(below(3), 1 + below(300), std::string(below(3'000), 'x')));
      const auto& last = added.back();
      highest = std::max(highest, last.number);
      model.emplace(std::pair{last.message->task, last.number}, last);
    }
    std::vector<WaitingId> removed;
    for (auto left = below(20); left > 0; --left) {
      removed.push_back({below(3), 1 + below(300)});
      model.erase({removed.back().task, removed.back().number});
    }
    ASSERT_TRUE(store->write(added, removed));
    if (below(10) == 0) {
      store.reset();
      store = open_or_fail(dir.path(), task_ids);
    }
    const auto task = below(3);
    const auto after = below(300);
    const auto found = store->read(task, after, 1 + below(50), kAll);
    auto expected = model.upper_bound({task, after});
    for (const auto& delivery : *found) {
      ASSERT_EQ(delivery.number, expected->first.second);
      expect_same(*delivery.message, *expected->second.message);
      ++expected;
    }
    pipeline::WaitingStore::Amount amount;
    for (const auto& [place, delivery] : model) {
      if (place.first != task) continue;
      ++amount.changes;
      amount.bytes += delivery.message->size();
    }
    ASSERT_EQ(store->amount(task)->changes, amount.changes);
    ASSERT_EQ(store->amount(task)->bytes, amount.bytes);
    ASSERT_EQ(*store->last_number(), highest);
  }
}

}  // namespace
}  // namespace pikachu::store
