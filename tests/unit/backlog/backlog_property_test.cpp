// Random work, and crashes at any point: what is on disk is all that a restart has.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "backlog/backlog.h"
#include "tests/unit/backlog/fakes.h"

namespace pikachu::backlog {
namespace {

constexpr std::size_t kTasks = 3;
constexpr std::size_t kChanges = 120;

// One binlog, read by one program that crashes, and the endpoints that outlive it.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    for (std::size_t i = 0; i < kChanges; ++i) {
      binlog_.push_back({pick(kTasks), pick(4), pick(4)});
      if (pick(3) != 0) binlog_.back().other_key = binlog_.back().key;
      if (pick(12) == 0) binlog_.back().key = binlog_.back().other_key = pipeline::kAnyRow;
    }
    for (std::size_t place = 0; place < kChanges; ++place) {
      if (pick(8) == 0) prepared_until_[place] = std::min(place + 1 + pick(20), kChanges);
    }
    start();
  }

  void step() {
    switch (pick(16)) {
      case 0:
        now_ += std::chrono::milliseconds(pick(1'500));
        return;
      case 1:
        save_checkpoint();
        return;
      case 2:
        store_.set_failing(pick(3) == 0);
        return;
      case 3:
        if (pick(6) == 0) crash();
        return;
      case 4:
        if (pick(6) == 0) stop();
        return;
      case 5:
      case 6:
      case 7:
        backlog_->turn();
        return;
      case 8:
      case 9:
      case 10:
      case 11:
        read();
        return;
      default:
        deliver(pick(kTasks));
    }
  }

  // Until nothing is left to do.
  void drain() {
    store_.set_failing(false);
    for (int i = 0; i < 100'000 && !is_done(); ++i) {
      read();
      now_ += std::chrono::milliseconds(500);
      backlog_->turn();
      for (std::size_t task = 0; task < kTasks; ++task) {
        while (sink_->size(task) > 0) deliver(task, false);
      }
    }
    save_checkpoint();
  }

  void check() const {
    for (std::size_t task = 0; task < kTasks; ++task) {
      SCOPED_TRACE(testing::Message() << "task " << task);
      std::map<std::uint64_t, std::vector<std::string>> expected;
      for (std::size_t i = 0; i < kChanges; ++i) {
        if (binlog_[i].task != task) continue;
        for (const auto key : keys_of(i)) expected[key].push_back(id_of(i));
      }
      for (const auto& [key, ids] : expected) {
        EXPECT_EQ(first_arrivals(task, key), ids) << "key " << key;
        EXPECT_EQ(last_arrival(task, key), ids.back()) << "key " << key;
      }
      EXPECT_EQ(store_.numbers(task), std::vector<std::uint64_t>{});
    }
    EXPECT_EQ(saved_.position.offset, kChanges);
  }

 private:
  struct Change {
    std::size_t task = 0;
    std::uint64_t key = 0;
    std::uint64_t other_key = 0;
  };

  // Where a restart has to begin once this run has read up to `place`: before what is prepared.
  std::size_t restart_at(std::size_t place) const {
    for (auto each = prepared_until_.lower_bound(began_); each != prepared_until_.end(); ++each) {
      if (each->first < place && each->second > place) return each->first;
    }
    return place;
  }
  std::size_t pick(std::size_t below) { return random_() % below; }
  static std::string id_of(std::size_t change) { return "c" + std::to_string(change); }
  std::set<std::uint64_t> keys_of(std::size_t change) const {
    return rows_of({binlog_[change].key, binlog_[change].other_key});
  }
  static std::set<std::uint64_t> rows_of(const std::array<std::uint64_t, 2>& keys) {
    if (keys[0] == pipeline::kAnyRow) return {0, 1, 2, 3};
    return {keys[0], keys[1]};
  }

  void start() {
    now_ += std::chrono::milliseconds(1);
    store_.set_failing(false);
    // A checkpoint's numbers are kept with it.
    const auto last_number = std::max(store_.last_number().value(), saved_.through);
    sink_ = std::make_unique<FakeSink>(kTasks, 1 + pick(6));
    BacklogOptions options;
    options.tasks = {{"t0"}, {"t1"}, {"t2"}};
    options.unwritten_changes = 2 + pick(12);
    if (pick(4) == 0) options.max_bytes_per_task = 2'000;
    options.clock = [this] { return now_; };
    backlog_ = *Backlog::open(options, *sink_, store_, saved_.through, last_number);
    sink_->on_room([room_of = backlog_](std::size_t task) { room_of->has_room(task); });
    tracker_ = std::make_unique<pipeline::AckTracker>(saved_, last_number);
    next_ = began_ = saved_.position.offset;
    taken_.erase(taken_.upper_bound(last_number), taken_.end());
    waiting_.reset();
    noted_.clear();
    if (backlog_->expects_again()) tracker_->hold();
  }

  void crash() { start(); }

  void stop() {
    backlog_->stop_accepting();
    sink_->close(std::chrono::milliseconds(0));
    [[maybe_unused]] const auto finished = backlog_->finish();
    save_checkpoint();
    start();
  }

  void save_checkpoint() {
    if (auto settled = tracker_->take_settled()) saved_ = *settled;
  }

  void read() {
    if (!waiting_) {
      if (next_ == kChanges) return;
      if (prepared_until_.contains(next_)) {
        release_position();
        noted_[next_] = tracker_->through();
      }
      const auto& change = binlog_[next_];
      auto message =
          std::make_shared<pipeline::Message>(*message_of(id_of(next_), change.key, change.task));
      message->keys = {change.key, change.other_key};
      auto [number, ack] = tracker_->track();
      waiting_ = pipeline::Delivery{std::move(message), number, std::move(ack)};
    }
    const auto number = waiting_->number;
    const auto unsettled = tracker_->unsettled();
    if (backlog_->submit(*waiting_) != Obstacle::kNone) return;
    waiting_.reset();
    // What waits already is left out, and settled at once.
    if (tracker_->unsettled() == unsettled) taken(next_, number);
    ++next_;
    release_position();
    auto commit = at(restart_at(next_));
    commit.is_early = commit.position.offset < next_;
    if (commit.is_early) commit.through = noted_.at(commit.position.offset);
    tracker_->commit(std::move(commit));
  }

  void release_position() {
    if (tracker_->is_held() && !backlog_->expects_again()) tracker_->release();
  }

  // A change that waits is taken once more only behind an older one of its rows.
  void taken(std::size_t change, std::uint64_t number) {
    const auto waits_as = store_.number_of(binlog_[change].task, id_of(change));
    if (waits_as) {
      EXPECT_TRUE(
          std::any_of(taken_.upper_bound(*waits_as), taken_.end(),
                      [&](const auto& other) { return has_to_follow(change, other.second); }))
          << id_of(change) << " waits as " << *waits_as << ", and is taken again as " << number;
    }
    taken_[number] = change;
  }
  bool has_to_follow(std::size_t change, std::size_t other) const {
    if (other >= change || binlog_[other].task != binlog_[change].task) return false;
    const auto rows = keys_of(change);
    const auto others = keys_of(other);
    return std::any_of(rows.begin(), rows.end(), [&](auto row) { return others.contains(row); });
  }

  // Delivers one that no earlier one of its keys is in front of.
  void deliver(std::size_t task, bool may_lose_the_answer = true) {
    std::vector<std::size_t> ready;
    std::set<std::uint64_t> taken;
    for (std::size_t place = 0; place < sink_->size(task); ++place) {
      const auto rows = rows_of(sink_->at(place, task).message->keys);
      if (std::none_of(rows.begin(), rows.end(), [&](auto row) { return taken.contains(row); })) {
        ready.push_back(place);
      }
      taken.insert(rows.begin(), rows.end());
    }
    if (ready.empty()) return;
    const auto place = ready[pick(ready.size())];
    const auto& message = *sink_->at(place, task).message;
    ASSERT_EQ(message.body, "body of " + message.id);
    arrivals_[task].push_back({message.id, rows_of(message.keys)});
    if (may_lose_the_answer && pick(40) == 0) {
      crash();
    } else {
      sink_->settle(place, task);
    }
  }

  bool is_done() const {
    if (next_ < kChanges || waiting_ || tracker_->unsettled() > 0) return false;
    for (std::size_t task = 0; task < kTasks; ++task) {
      const auto waiting = backlog_->waiting(task);
      if (sink_->size(task) + waiting.behind_changes + waiting.on_disk_changes > 0) return false;
    }
    return true;
  }

  struct Arrival {
    std::string id;
    std::set<std::uint64_t> keys;
  };
  std::vector<std::string> first_arrivals(std::size_t task, std::uint64_t key) const {
    std::vector<std::string> first;
    for (const auto& arrival : arrivals_[task]) {
      if (!arrival.keys.contains(key)) continue;
      if (std::find(first.begin(), first.end(), arrival.id) == first.end()) {
        first.push_back(arrival.id);
      }
    }
    return first;
  }
  std::string last_arrival(std::size_t task, std::uint64_t key) const {
    std::string last;
    for (const auto& arrival : arrivals_[task]) {
      if (arrival.keys.contains(key)) last = arrival.id;
    }
    return last;
  }

  std::mt19937 random_;
  std::vector<Change> binlog_;
  std::map<std::size_t, std::size_t> prepared_until_;  // Places before and behind transactions.
  std::array<std::vector<Arrival>, kTasks> arrivals_;
  Backlog::TimePoint now_{std::chrono::hours(1)};
  FakeStore store_;
  pipeline::Checkpoint saved_;  // At first where the stream began, before any change.
  std::map<std::uint64_t, std::size_t> taken_;  // Changes, by the numbers of their deliveries.
  // What a crash destroys:
  std::unique_ptr<FakeSink> sink_;
  std::shared_ptr<Backlog> backlog_;
  std::unique_ptr<pipeline::AckTracker> tracker_;
  std::size_t began_ = 0;
  std::size_t next_ = 0;
  std::optional<pipeline::Delivery> waiting_;                  // What the reader holds.
  std::map<std::size_t, std::optional<std::uint64_t>> noted_;  // With prepared transactions.
};

TEST(BacklogProperty, LosesNothingAndKeepsTheOrderOfEachRowThroughAnyCrash) {
  const auto first_seed = std::random_device{}();
  for (std::uint32_t round = 0; round < 600; ++round) {
    const auto seed = first_seed + round;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(seed);
    for (int step = 0; step < 1'000; ++step) world.step();
    world.drain();
    world.check();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace pikachu::backlog
