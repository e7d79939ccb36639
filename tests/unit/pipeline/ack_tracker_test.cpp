#include "pipeline/ack_tracker.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/pipeline/commits.h"

namespace pikachu::pipeline {
namespace {

std::optional<std::uint64_t> take(AckTracker& tracker) {
  const auto checkpoint = tracker.take_settled();
  return checkpoint ? std::optional(checkpoint->position.offset) : std::nullopt;
}

TEST(AckTracker, HasNoPositionBeforeTheFirstCommit) {
  AckTracker tracker;
  auto ack = tracker.track().ack;
  ack.settle();
  EXPECT_EQ(take(tracker), std::nullopt);
}

TEST(AckTracker, CommitWithoutDeliveriesMovesThePositionAtOnce) {
  AckTracker tracker;
  tracker.commit(at(1));
  tracker.commit(at(2));
  EXPECT_EQ(take(tracker), 2U);
  EXPECT_EQ(take(tracker), std::nullopt);
}

TEST(AckTracker, PositionWaitsForTheOldestUnsettledDelivery) {
  AckTracker tracker;
  auto first = tracker.track().ack;
  tracker.commit(at(1));
  auto second = tracker.track().ack;
  tracker.commit(at(2));

  second.settle();
  EXPECT_EQ(take(tracker), std::nullopt);

  first.settle();
  EXPECT_EQ(take(tracker), 2U);
}

TEST(AckTracker, PositionWaitsForEveryDeliveryOfItsTransaction) {
  AckTracker tracker;
  auto one = tracker.track().ack;
  auto other = tracker.track().ack;
  tracker.commit(at(1));

  one.settle();
  EXPECT_EQ(take(tracker), std::nullopt);

  other.settle();
  EXPECT_EQ(take(tracker), 1U);
}

TEST(AckTracker, DeliverySettledBeforeItsCommitDoesNotMoveThePosition) {
  AckTracker tracker;
  auto ack = tracker.track().ack;
  ack.settle();
  EXPECT_EQ(take(tracker), std::nullopt);

  tracker.commit(at(1));
  EXPECT_EQ(take(tracker), 1U);
}

TEST(AckTracker, DroppedAckHoldsThePositionForEver) {
  AckTracker tracker;
  { const auto dropped = tracker.track().ack; }
  tracker.commit(at(1));
  auto next = tracker.track().ack;
  tracker.commit(at(2));
  next.settle();

  EXPECT_EQ(take(tracker), std::nullopt);
  EXPECT_EQ(tracker.unsettled(), 1U);
}

TEST(AckTracker, SettlingTwiceCountsOnce) {
  AckTracker tracker;
  auto ack = tracker.track().ack;
  auto other = tracker.track().ack;
  tracker.commit(at(1));
  ack.settle();
  ack.settle();
  EXPECT_EQ(take(tracker), std::nullopt);
  EXPECT_EQ(tracker.unsettled(), 1U);
  other.settle();
  EXPECT_EQ(take(tracker), 1U);
}

TEST(AckTracker, MovedAckCarriesTheDutyAndLeavesNone) {
  AckTracker tracker;
  auto first = tracker.track().ack;
  tracker.commit(at(1));
  Ack moved = std::move(first);
  first.settle();  // NOLINT(bugprone-use-after-move): the fact under test.
  EXPECT_EQ(take(tracker), std::nullopt);
  moved.settle();
  EXPECT_EQ(take(tracker), 1U);
}

TEST(AckTracker, EmptyAckSettlesNothing) {
  Ack empty;
  empty.settle();
}

TEST(AckTracker, AckMayOutliveItsTracker) {
  Ack ack;
  {
    AckTracker tracker;
    ack = tracker.track().ack;
    tracker.commit(at(1));
  }
  ack.settle();
}

TEST(AckTracker, OneStuckDeliveryCostsTwoEntriesHoweverManyTransactionsPass) {
  AckTracker tracker;
  auto stuck = tracker.track().ack;
  tracker.commit(at(0));
  std::vector<Ack> open;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    if (i % 3 == 0) open.push_back(tracker.track().ack);
    tracker.commit(at(i));
  }
  // In an order of no use: from the newest to the oldest.
  while (!open.empty()) {
    open.back().settle();
    open.pop_back();
  }
  EXPECT_EQ(tracker.held_transactions(), 2U);

  stuck.settle();
  EXPECT_EQ(take(tracker), 1'000U);
  EXPECT_EQ(tracker.held_transactions(), 0U);
}

// The same promises, without a thought for cost.
class NaiveTracker {
 public:
  std::size_t track() {
    deliveries_.push_back({transactions_.size(), false});
    return deliveries_.size() - 1;
  }
  void settle(std::size_t delivery) { deliveries_[delivery].settled = true; }
  void commit(std::uint64_t offset) { transactions_.push_back(offset); }
  std::optional<std::uint64_t> settled() const {
    auto settled_transactions = transactions_.size();
    for (const auto& delivery : deliveries_) {
      if (!delivery.settled) {
        settled_transactions = std::min(settled_transactions, delivery.transaction);
      }
    }
    if (settled_transactions == 0) return std::nullopt;
    return transactions_[settled_transactions - 1];
  }
  std::size_t unsettled() const {
    return static_cast<std::size_t>(std::count_if(deliveries_.begin(), deliveries_.end(),
                                                  [](const auto& each) { return !each.settled; }));
  }

 private:
  struct Delivery {
    std::size_t transaction;
    bool settled;
  };
  std::vector<Delivery> deliveries_;
  std::vector<std::uint64_t> transactions_;
};

TEST(AckTracker, AgreesWithANaiveModel) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    AckTracker tracker;
    NaiveTracker model;
    std::vector<std::pair<Ack, std::size_t>> open;
    std::optional<std::uint64_t> position;
    std::uint64_t offset = 0;
    for (int step = 0; step < 150; ++step) {
      const auto choice = random() % 10;
      if (choice < 4) {
        auto ack = tracker.track().ack;
        open.emplace_back(std::move(ack), model.track());
      } else if (choice < 6) {
        tracker.commit(at(++offset));
        model.commit(offset);
      } else if (!open.empty()) {
        std::swap(open[random() % open.size()], open.back());
        open.back().first.settle();
        model.settle(open.back().second);
        open.pop_back();
      }
      if (const auto taken = take(tracker)) position = taken;
      ASSERT_EQ(position, model.settled()) << "round " << round << ", step " << step;
      ASSERT_EQ(tracker.unsettled(), model.unsettled());
    }
  }
}

TEST(AckTracker, PositionNeverPassesAnUnsettledDeliveryWhateverThreadsDo) {
  constexpr std::uint64_t kTransactions = 5'000;
  AckTracker tracker;
  std::mutex mutex;
  std::vector<Ack> handed_over;
  std::atomic<std::uint64_t> reader_done{0};
  std::uint64_t last = 0;
  {
    std::vector<std::jthread> settlers;
    settlers.reserve(3);
    for (int i = 0; i < 3; ++i) {
      settlers.emplace_back([&] {
        while (true) {
          const bool last_look = reader_done.load() != 0;
          std::vector<Ack> mine;
          {
            const std::lock_guard lock(mutex);
            mine.swap(handed_over);
          }
          for (auto& ack : mine) ack.settle();
          if (mine.empty() && last_look) return;
        }
      });
    }
    for (std::uint64_t i = 1; i <= kTransactions; ++i) {
      for (std::uint64_t row = 0; row < i % 3; ++row) {
        auto ack = tracker.track().ack;
        const std::lock_guard lock(mutex);
        handed_over.push_back(std::move(ack));
      }
      tracker.commit(at(i));
      if (const auto taken = take(tracker)) {
        EXPECT_GT(*taken, last);
        EXPECT_LE(*taken, i);
        last = *taken;
      }
    }
    reader_done = 1;
  }
  if (const auto taken = take(tracker)) last = *taken;
  EXPECT_EQ(last, kTransactions);
  EXPECT_EQ(tracker.unsettled(), 0U);
  EXPECT_EQ(tracker.held_transactions(), 0U);
}

}  // namespace
}  // namespace pikachu::pipeline
