#include "sink/webhook/lanes.h"

#include <algorithm>
#include <iostream>
#include <list>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;
using TimePoint = Lanes::TimePoint;

constexpr TimePoint kStart{std::chrono::seconds(1'000)};

pipeline::Delivery delivery(const std::string& id, std::uint64_t key, std::uint64_t other_key) {
  auto message = std::make_shared<pipeline::Message>();
  message->id = id;
  message->keys = {key, other_key};
  return {std::move(message), 0, {}};
}
pipeline::Delivery delivery(const std::string& id, std::uint64_t key) {
  return delivery(id, key, key);
}

std::string take_id(Lanes& lanes) {
  const auto* const pending = lanes.take_ready();
  return pending == nullptr ? "nothing" : pending->delivery.message->id;
}

TEST(Lanes, SameKeyWaitsForTheOneBefore) {
  Lanes lanes(Order::kKey);
  lanes.push(delivery("first", 1));
  lanes.push(delivery("second", 1));

  auto* const first = lanes.take_ready();
  EXPECT_EQ(first->delivery.message->id, "first");
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*first);
  EXPECT_EQ(take_id(lanes), "second");
}

TEST(Lanes, DifferentKeysDoNotWaitForEachOther) {
  Lanes lanes(Order::kKey);
  lanes.push(delivery("a", 1));
  lanes.push(delivery("b", 2));

  EXPECT_EQ(take_id(lanes), "a");
  EXPECT_EQ(take_id(lanes), "b");
}

TEST(Lanes, TwoKeysWaitForBothAndHoldBackBoth) {
  Lanes lanes(Order::kKey);
  lanes.push(delivery("old row", 1));
  lanes.push(delivery("new row", 2));
  lanes.push(delivery("move", 1, 2));
  lanes.push(delivery("after old", 1));
  lanes.push(delivery("after new", 2));

  auto* const old_row = lanes.take_ready();
  auto* const new_row = lanes.take_ready();
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*new_row);
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*old_row);
  auto* const move = lanes.take_ready();
  EXPECT_EQ(move->delivery.message->id, "move");
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*move);
  EXPECT_EQ(take_id(lanes), "after old");
  EXPECT_EQ(take_id(lanes), "after new");
}

TEST(Lanes, TableOrderIsOneAtATime) {
  Lanes lanes(Order::kTable);
  lanes.push(delivery("a", 1));
  lanes.push(delivery("b", 2));

  auto* const first = lanes.take_ready();
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*first);
  EXPECT_EQ(take_id(lanes), "b");
}

TEST(Lanes, NoOrderIgnoresKeys) {
  Lanes lanes(Order::kNone);
  lanes.push(delivery("a", 1));
  lanes.push(delivery("b", 1));

  EXPECT_EQ(take_id(lanes), "a");
  EXPECT_EQ(take_id(lanes), "b");
}

TEST(Lanes, ParkedKeepsItsKeyAndComesBackWhenDue) {
  Lanes lanes(Order::kKey);
  lanes.push(delivery("first", 1));
  lanes.push(delivery("second", 1));
  auto* const first = lanes.take_ready();

  lanes.park(*first, kStart + milliseconds(10), true);
  EXPECT_EQ(lanes.next_due(), kStart + milliseconds(10));
  lanes.release_due(kStart + milliseconds(9));
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.release_due(kStart + milliseconds(10));

  EXPECT_EQ(take_id(lanes), "first");
  EXPECT_EQ(take_id(lanes), "nothing");
}

TEST(Lanes, OldestReadyComesFirstAlsoAfterAPause) {
  Lanes lanes(Order::kNone);
  lanes.push(delivery("old", 1));
  lanes.park(*lanes.take_ready(), kStart, true);
  lanes.push(delivery("young", 2));
  lanes.release_due(kStart);

  EXPECT_EQ(take_id(lanes), "old");
}

TEST(Lanes, AnyRowWaitsForAllBeforeItAndHoldsBackAllBehindIt) {
  Lanes lanes(Order::kKey);
  lanes.push(delivery("a", 1));
  lanes.push(delivery("any", pipeline::kAnyRow));
  lanes.push(delivery("b", 2));

  auto* const a = lanes.take_ready();
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*a);
  auto* const any = lanes.take_ready();
  EXPECT_EQ(any->delivery.message->id, "any");
  EXPECT_EQ(take_id(lanes), "nothing");
  lanes.finish(*any);
  EXPECT_EQ(take_id(lanes), "b");
}

TEST(Lanes, ExpediteShortensOnlyPausesForTheEndpoint) {
  Lanes lanes(Order::kNone);
  lanes.push(delivery("endpoint", 1));
  lanes.push(delivery("change", 2));
  lanes.park(*lanes.take_ready(), kStart + milliseconds(60'000), true);
  lanes.park(*lanes.take_ready(), kStart + milliseconds(50'000), false);

  lanes.expedite(kStart + milliseconds(5'000));
  lanes.release_due(kStart + milliseconds(5'000));

  EXPECT_EQ(take_id(lanes), "endpoint");
  EXPECT_EQ(take_id(lanes), "nothing");
  EXPECT_EQ(lanes.next_due(), kStart + milliseconds(50'000));
}

/// The same as Lanes, by looking at everything every time.
class NaiveLanes {
 public:
  enum class State { kWaiting, kOut, kParked };
  struct Item {
    std::string id;
    std::vector<std::uint64_t> keys;
    State state = State::kWaiting;
    TimePoint due;
  };

  void push(const std::string& id, std::vector<std::uint64_t> keys) {
    items_.push_back({id, std::move(keys), State::kWaiting, {}});
  }

  std::string take_ready() {
    for (auto item = items_.begin(); item != items_.end(); ++item) {
      if (item->state != State::kWaiting || !is_head(item)) continue;
      item->state = State::kOut;
      return item->id;
    }
    return "nothing";
  }

  void finish(const std::string& id) {
    items_.remove_if([&](const Item& item) { return item.id == id; });
  }
  void park(const std::string& id, TimePoint due) {
    for (auto& item : items_) {
      if (item.id != id) continue;
      item.state = State::kParked;
      item.due = due;
    }
  }
  void release_due(TimePoint now) {
    for (auto& item : items_) {
      if (item.state == State::kParked && item.due <= now) item.state = State::kWaiting;
    }
  }
  std::optional<TimePoint> next_due() const {
    std::optional<TimePoint> next;
    for (const auto& item : items_) {
      if (item.state == State::kParked && (!next || item.due < *next)) next = item.due;
    }
    return next;
  }
  std::size_t size() const { return items_.size(); }

 private:
  static bool share_a_key(const Item& one, const Item& other) {
    return std::any_of(one.keys.begin(), one.keys.end(), [&](std::uint64_t key) {
      return std::any_of(other.keys.begin(), other.keys.end(), [&](std::uint64_t other_key) {
        return key == other_key || key == pipeline::kAnyRow || other_key == pipeline::kAnyRow;
      });
    });
  }
  bool is_head(std::list<Item>::iterator item) const {
    return std::none_of(items_.cbegin(), std::list<Item>::const_iterator(item),
                        [&](const Item& older) { return share_a_key(older, *item); });
  }
  std::list<Item> items_;
};

std::vector<std::uint64_t> keys_under(Order order, std::uint64_t key, std::uint64_t other) {
  if (order == Order::kNone) return {};
  if (order == Order::kTable) return {0};
  return {key, other};
}

void compare_with_model(Order order, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto draw = [&](std::uint32_t below) { return static_cast<int>(random() % below); };
  Lanes lanes(order);
  NaiveLanes model;
  std::vector<Pending*> out;
  auto now = kStart;
  for (int step = 0; step < 3'000; ++step) {
    const int action = draw(10);
    if (action < 4 && model.size() < 60) {
      const auto id = std::to_string(step);
      const auto key = draw(20) == 0 ? pipeline::kAnyRow : static_cast<std::uint64_t>(draw(6));
      const auto other = draw(4) == 0 ? static_cast<std::uint64_t>(draw(6)) : key;
      lanes.push(delivery(id, key, other));
      model.push(id, keys_under(order, key, other));
    } else if (action < 7) {
      auto* const taken = lanes.take_ready();
      ASSERT_EQ(taken == nullptr ? "nothing" : taken->delivery.message->id, model.take_ready());
      if (taken != nullptr) out.push_back(taken);
    } else if (action < 9 && !out.empty()) {
      const auto chosen = out.begin() + draw(static_cast<std::uint32_t>(out.size()));
      auto& pending = **chosen;
      out.erase(chosen);
      if (draw(3) == 0) {
        const auto due = now + milliseconds(draw(50));
        model.park(pending.delivery.message->id, due);
        lanes.park(pending, due, true);
      } else {
        model.finish(pending.delivery.message->id);
        lanes.finish(pending);
      }
    } else {
      now += milliseconds(draw(40));
      lanes.release_due(now);
      model.release_due(now);
    }
    ASSERT_EQ(lanes.size(), model.size());
    ASSERT_EQ(lanes.next_due(), model.next_due());
  }
}

TEST(Lanes, AgreeWithANaiveModelInRandomUse) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  for (const auto order : {Order::kKey, Order::kTable, Order::kNone}) {
    for (std::uint32_t round = 0; round < 20; ++round) {
      SCOPED_TRACE("seed " + std::to_string(seed + round));
      compare_with_model(order, seed + round);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace pikachu::sink::webhook
