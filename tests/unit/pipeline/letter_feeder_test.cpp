#include "pipeline/letter_feeder.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::pipeline {
namespace {

using std::chrono::milliseconds;

// The store's table, in memory.
class Letters final : public MarkedLetters {
 public:
  struct Record {
    std::size_t task = 0;
    std::uint64_t number = 0;
    std::string id;
    bool marked = false;
  };

  std::int64_t add(std::size_t task, std::uint64_t number) {
    records[++last] = {task, number, std::to_string(number), false};
    return last;
  }
  void mark(std::int64_t letter) {
    records.at(letter).marked = true;
    ++marks;
  }
  // What DeadLetters::add() does to a letter that is refused again.
  std::int64_t replace(std::int64_t letter) {
    auto record = records.at(letter);
    records.erase(letter);
    record.marked = false;
    records[++last] = std::move(record);
    return last;
  }

  base::Result<std::uint64_t> version() override {
    if (broken) return base::fail(base::ErrorCode::kUnavailable, "disk on fire");
    return marks;
  }
  base::Result<std::uint32_t> rate() override { return per_second; }
  base::Result<std::vector<MarkedLetter>> next_marked(std::size_t task, LetterPlace after,
                                                      std::size_t max_letters) override {
    std::vector<MarkedLetter> found;
    for (const auto& [letter, record] : records) {
      const bool is_behind =
          std::pair(record.number, letter) > std::pair(after.number, after.letter);
      if (record.task != task || !record.marked || !is_behind) continue;
      auto message = std::make_shared<Message>();
      message->task = task;
      message->id = record.id;
      found.push_back({letter, record.number, std::move(message)});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::pair(a.number, a.letter) < std::pair(b.number, b.letter);
    });
    found.resize(std::min(found.size(), max_letters));
    return found;
  }
  base::Result<void> remove(std::int64_t letter) override {
    if (broken) return base::fail(base::ErrorCode::kUnavailable, "disk on fire");
    records.erase(letter);
    return {};
  }

  std::map<std::int64_t, Record> records;
  std::int64_t last = 0;
  std::uint64_t marks = 0;
  std::uint32_t per_second = 1'000'000;
  bool broken = false;
};

class Queue final : public BoundedSink {
 public:
  base::Result<void> submit(Delivery, const std::stop_token&) override { return {}; }
  void close(milliseconds) override {}
  void on_room(std::function<void(std::size_t task)>) override {}
  bool try_submit(Delivery& delivery) override {
    if (room == 0) return false;
    --room;
    deliveries.push_back(std::move(delivery));
    return true;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& delivery : deliveries) ids.push_back(delivery.message->id);
    return ids;
  }

  std::size_t room = 1'000'000;
  std::vector<Delivery> deliveries;
};

class LetterFeederTest : public testing::Test {
 protected:
  // Half a second later: as much as one step may feed.
  milliseconds step(milliseconds later = milliseconds(500)) { return feeder.step(now += later); }

  Letters letters;
  Queue queue;
  LetterFeeder feeder{letters, queue, 2, {}};
  LetterFeeder::TimePoint now{std::chrono::hours(1)};
};

TEST_F(LetterFeederTest, FeedsMarkedLettersInOrderOfTheirNumbers) {
  const auto late = letters.add(0, 9);
  const auto early = letters.add(0, 3);
  letters.add(0, 5);
  letters.mark(late);
  letters.mark(early);

  step();

  EXPECT_EQ(queue.ids(), (std::vector<std::string>{"3", "9"}));
  EXPECT_EQ(queue.deliveries[0].number, 3U);
  EXPECT_EQ(queue.deliveries[0].message->task, 0U);
}

// Each replay numbers its own from 1, and the rate lets some of one number through.
TEST_F(LetterFeederTest, LettersOfOneNumberAreAllFed) {
  letters.per_second = 20;
  for (int i = 0; i < 70; ++i) letters.mark(letters.add(0, 3));

  for (int i = 0; i < 10; ++i) step();

  EXPECT_EQ(queue.deliveries.size(), 70U);
}

TEST_F(LetterFeederTest, RecordGoesOnceItsDeliveryIsSettled) {
  letters.mark(letters.add(0, 3));
  step();
  step();
  EXPECT_EQ(letters.records.size(), 1U);
  EXPECT_EQ(queue.deliveries.size(), 1U) << "what is under way is not fed again";

  queue.deliveries[0].ack.settle();
  step();

  EXPECT_TRUE(letters.records.empty());
  EXPECT_EQ(feeder.under_way(), 0U);
}

TEST_F(LetterFeederTest, RecordsOfAllThatIsSettledGo) {
  for (std::uint64_t number = 1; number <= 3; ++number) letters.mark(letters.add(0, number));
  step();
  for (auto& delivery : queue.deliveries) delivery.ack.settle();
  step();
  EXPECT_TRUE(letters.records.empty());
  EXPECT_EQ(feeder.under_way(), 0U);
}

TEST_F(LetterFeederTest, RecordOfAnAckThatIsDroppedStays) {
  letters.mark(letters.add(0, 3));
  step();
  queue.deliveries.clear();
  step();
  EXPECT_EQ(letters.records.size(), 1U);
}

TEST_F(LetterFeederTest, LetterThatIsRefusedAgainStaysWithoutItsMark) {
  const auto letter = letters.add(0, 3);
  letters.mark(letter);
  step();

  const auto replaced = letters.replace(letter);
  queue.deliveries[0].ack.settle();
  step();

  ASSERT_EQ(letters.records.size(), 1U);
  EXPECT_EQ(letters.records.begin()->first, replaced);
  EXPECT_EQ(queue.deliveries.size(), 1U);
}

TEST_F(LetterFeederTest, LetterMarkedAgainAfterItsRefusalIsFedAgainAndNotLost) {
  const auto letter = letters.add(0, 3);
  letters.mark(letter);
  step();

  letters.mark(letters.replace(letter));
  queue.deliveries[0].ack.settle();
  step();

  EXPECT_EQ(letters.records.size(), 1U);
  EXPECT_EQ(queue.deliveries.size(), 2U);
}

TEST_F(LetterFeederTest, LetterMarkedAgainWhileItIsUnderWayIsFedOnce) {
  const auto letter = letters.add(0, 3);
  letters.mark(letter);
  step();
  letters.mark(letter);
  step();
  EXPECT_EQ(queue.deliveries.size(), 1U);
}

TEST_F(LetterFeederTest, LowerNumberThatIsMarkedLaterIsFedToo) {
  letters.mark(letters.add(0, 9));
  step();
  letters.mark(letters.add(0, 3));
  step();
  EXPECT_EQ(queue.ids(), (std::vector<std::string>{"9", "3"}));
}

TEST_F(LetterFeederTest, FullQueueGetsTheRestInOrderOnceItHasRoom) {
  for (std::uint64_t number = 1; number <= 5; ++number) letters.mark(letters.add(0, number));
  queue.room = 2;
  step();
  EXPECT_EQ(step(), milliseconds(500));
  queue.room = 10;
  step();
  EXPECT_EQ(queue.ids(), (std::vector<std::string>{"1", "2", "3", "4", "5"}));
}

TEST_F(LetterFeederTest, KeepsToTheRate) {
  letters.per_second = 10;
  for (std::uint64_t number = 1; number <= 100; ++number) letters.mark(letters.add(0, number));
  step();
  const auto first = queue.deliveries.size();
  for (int i = 0; i < 60; ++i) step(milliseconds(50));
  EXPECT_NEAR(static_cast<double>(queue.deliveries.size() - first), 30, 1);
}

TEST_F(LetterFeederTest, RateOfOneASecondFeedsOneASecond) {
  letters.per_second = 1;
  for (std::uint64_t number = 1; number <= 100; ++number) letters.mark(letters.add(0, number));
  step();
  for (int i = 0; i < 100; ++i) step(milliseconds(50));
  EXPECT_NEAR(static_cast<double>(queue.deliveries.size()), 5, 1);
}

TEST_F(LetterFeederTest, NoMoreThanSomeOfATaskAreUnderWay) {
  for (std::uint64_t number = 1; number <= 1'000; ++number) letters.mark(letters.add(0, number));
  letters.mark(letters.add(1, 2'000));
  step();
  EXPECT_EQ(queue.deliveries.size(), 257U);
  EXPECT_EQ(queue.ids().back(), "2000");
}

TEST_F(LetterFeederTest, WhatTheStoreCouldNotRemoveIsRemovedLater) {
  letters.mark(letters.add(0, 3));
  step();
  queue.deliveries[0].ack.settle();
  letters.broken = true;
  step();
  letters.broken = false;
  feeder.remove_settled();
  EXPECT_TRUE(letters.records.empty());
}

// Random marks, refusals and ends of the process: every letter is delivered or still a record.
TEST(LetterFeeder, LosesNothingUnderRandomUse) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  Letters letters;
  std::map<std::string, int> delivered;
  constexpr std::uint64_t kLetters = 200;
  for (std::uint64_t number = 1; number <= kLetters; ++number) letters.add(number % 2, number);
  LetterFeeder::TimePoint now{std::chrono::hours(1)};
  for (int life = 0; life < 40; ++life) {
    Queue queue;
    LetterFeeder feeder(letters, queue, 2, {});
    for (int turn = 0; turn < 10; ++turn) {
      for (auto& [letter, record] : letters.records) {
        if (random() % 8 == 0) letters.mark(letter);
      }
      queue.room = random() % 20;
      feeder.step(now += milliseconds(500));
      for (auto& delivery : queue.deliveries) {
        const auto& id = delivery.message->id;
        const auto record = std::find_if(letters.records.begin(), letters.records.end(),
                                         [&](const auto& entry) { return entry.second.id == id; });
        switch (random() % 4) {
          case 0:  // accepted
            ++delivered[id];
            delivery.ack.settle();
            break;
          case 1:  // refused again, as far as it was not settled before
            if (record == letters.records.end()) break;
            letters.replace(record->first);
            delivery.ack.settle();
            break;
          default:
            break;
        }
      }
    }
  }
  for (std::uint64_t number = 1; number <= kLetters; ++number) {
    const auto id = std::to_string(number);
    const bool is_record = std::any_of(letters.records.begin(), letters.records.end(),
                                       [&](const auto& entry) { return entry.second.id == id; });
    EXPECT_TRUE(is_record || delivered[id] > 0) << id;
  }
}

}  // namespace
}  // namespace pikachu::pipeline
