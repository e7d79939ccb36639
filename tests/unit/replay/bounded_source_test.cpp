#include "replay/bounded_source.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::replay {
namespace {

using change::Position;
using pipeline::Commit;

Position at(std::string file, std::uint64_t offset, std::string_view gtids = "") {
  Position position;
  position.file = std::move(file);
  position.offset = offset;
  if (!gtids.empty()) position.gtids = change::GtidSet::parse(position.flavor, gtids).value();
  return position;
}

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string gtids(std::string_view range) {
  return std::string(kUuid) + ":" + std::string(range);
}

TEST(HasReached, ComparesNumbersOfFilesThenOffsets) {
  EXPECT_TRUE(has_reached(at("bin.000002", 4), at("bin.000002", 4)));
  EXPECT_TRUE(has_reached(at("bin.000002", 5), at("bin.000002", 4)));
  EXPECT_FALSE(has_reached(at("bin.000002", 3), at("bin.000002", 4)));
  EXPECT_TRUE(has_reached(at("bin.000010", 4), at("bin.000009", 900)));
  EXPECT_FALSE(has_reached(at("bin.000009", 900), at("bin.000010", 4)));
  EXPECT_TRUE(has_reached(at("bin.1000000", 4), at("bin.999999", 900)));
  EXPECT_FALSE(has_reached(at("bin.999999", 900), at("bin.1000000", 4)));
}

TEST(HasReached, GoesByGtidsWhereBothHaveThem) {
  EXPECT_TRUE(has_reached(at("bin.000001", 4, gtids("1-7")), at("bin.000009", 4, gtids("1-7"))));
  EXPECT_FALSE(has_reached(at("bin.000009", 4, gtids("1-6")), at("bin.000001", 4, gtids("1-7"))));
  EXPECT_TRUE(has_reached(at("bin.000009", 4, gtids("1-6")), at("bin.000001", 4)));
}

Position mariadb_at(std::string file, std::uint64_t offset, std::string_view gtids) {
  Position position = at(std::move(file), offset);
  position.flavor = change::Flavor::kMariadb;
  position.server = "1";
  position.gtids = change::GtidSet::parse(position.flavor, gtids).value();
  return position;
}

// Without gtid_strict_mode, sequence numbers of several servers are in no order within a domain.
TEST(HasReached, GoesByPlacesInTheFilesOfOneMariadbServer) {
  const auto end = mariadb_at("bin.000002", 900, "0-2-50");
  EXPECT_FALSE(has_reached(mariadb_at("bin.000002", 500, "0-1-100"), end));
  EXPECT_TRUE(has_reached(mariadb_at("bin.000002", 900, "0-2-50"), end));
  EXPECT_TRUE(has_reached(mariadb_at("bin.000002", 950, "0-1-20"), end));
  EXPECT_TRUE(has_reached(mariadb_at("bin.000003", 4, "0-1-20"), end));
  // Where checksums were stripped off, places are a little too early.
  EXPECT_TRUE(has_reached(mariadb_at("bin.000002", 890, "0-2-50"), end));
}

// Where the stream began at a GTID, and has not come to a transaction.
TEST(HasReached, TakesOnlyOneServersNumbersOnMariadbWithoutAPlace) {
  const auto end = mariadb_at("bin.000002", 900, "0-2-50");
  EXPECT_FALSE(has_reached(mariadb_at("", 0, "0-1-100"), end));
  EXPECT_FALSE(has_reached(mariadb_at("", 0, "0-2-49"), end));
  EXPECT_TRUE(has_reached(mariadb_at("", 0, "0-2-50"), end));
  EXPECT_TRUE(has_reached(mariadb_at("", 0, "0-2-51,1-1-7"), end));
}

TEST(HasReached, GoesByGtidsBetweenMariadbServers) {
  auto end = mariadb_at("bin.000002", 900, "0-1-50");
  end.server = "2";
  EXPECT_FALSE(has_reached(mariadb_at("bin.000009", 4, "0-1-49"), end));
  EXPECT_TRUE(has_reached(mariadb_at("bin.000001", 4, "0-1-50"), end));
  EXPECT_TRUE(has_reached(mariadb_at("bin.000001", 4, "0-2-51"), end));
}

bool all_rows(const change::RowChange&) {
  return true;
}

/// Three transactions of a row each, committed at 100, 200 and 300 s, then nothing any more.
class ThreeTransactions final : public pipeline::Source {
 public:
  base::Result<pipeline::SourceEvent> next(const std::stop_token&) override {
    if (step_ == 6) return base::fail(base::ErrorCode::kInvalid, "read behind the end");
    const auto number = static_cast<std::uint64_t>(step_) / 2 + 1;
    if (step_++ % 2 == 1) return pipeline::SourceEvent(Commit{at("bin.000001", 100 * number)});
    transaction_.commit_time_us = static_cast<std::int64_t>(number) * 100'000'000;
    row_.transaction = &transaction_;
    return pipeline::SourceEvent(&row_);
  }

 private:
  int step_ = 0;
  change::Transaction transaction_;
  change::RowChange row_;
};

/// The commit times of all rows until the source ends, in seconds.
std::vector<std::int64_t> drain(BoundedSource& source) {
  std::vector<std::int64_t> times;
  while (true) {
    const auto event = source.next({});
    if (!event) {
      EXPECT_EQ(event.error().code, base::ErrorCode::kCancelled) << event.error().message;
      return times;
    }
    if (const auto* const* row = std::get_if<const change::RowChange*>(&*event)) {
      times.push_back((*row)->transaction->commit_time_us / 1'000'000);
    }
  }
}

TEST(BoundedSource, EndsAtAPosition) {
  ThreeTransactions all;
  BoundedSource source(all, all_rows, {at("bin.000001", 200), {}}, 0);
  EXPECT_EQ(drain(source), (std::vector<std::int64_t>{100, 200}));
  EXPECT_TRUE(source.has_ended());
  EXPECT_EQ(source.rows(), 2U);
}

TEST(BoundedSource, LeavesOutWhatWasCommittedAtTheTime) {
  ThreeTransactions all;
  BoundedSource source(all, all_rows, {at("bin.000001", 300), 200}, 0);
  EXPECT_EQ(drain(source), (std::vector<std::int64_t>{100}));
  EXPECT_TRUE(source.has_ended());
}

TEST(BoundedSource, EndsAtThePositionWhereNothingIsAsLateAsTheTime) {
  ThreeTransactions all;
  BoundedSource source(all, all_rows, {at("bin.000001", 300), 1'000}, 0);
  EXPECT_EQ(drain(source), (std::vector<std::int64_t>{100, 200, 300}));
  EXPECT_TRUE(source.has_ended());
}

/// Events without rows, one after the other, then nothing any more.
class Events final : public pipeline::Source {
 public:
  explicit Events(std::vector<pipeline::SourceEvent> events) : events_(std::move(events)) {}
  base::Result<pipeline::SourceEvent> next(const std::stop_token&) override {
    if (next_ == events_.size())
      return base::fail(base::ErrorCode::kInvalid, "read behind the end");
    return events_[next_++];
  }

 private:
  const std::vector<pipeline::SourceEvent> events_;
  std::size_t next_ = 0;
};

TEST(BoundedSource, EndsWhereTheEndWasReadThoughSomethingIsPreparedBefore) {
  Events events({Commit{at("bin.000001", 50), true}, pipeline::Passed{at("bin.000001", 200)},
                 Commit{at("bin.000001", 50), true}, pipeline::Passed{at("bin.000001", 300)}});
  BoundedSource source(events, all_rows, {at("bin.000001", 300), {}}, 0);
  EXPECT_TRUE(drain(source).empty());
  EXPECT_TRUE(source.has_ended());
}

TEST(BoundedSource, EndsWhereNothingWasCommittedSinceTheTimeToStartFrom) {
  Events events({pipeline::Passed{at("bin.000001", 300)}});
  BoundedSource source(events, all_rows, {at("bin.000001", 300), {}}, 0);
  EXPECT_TRUE(drain(source).empty());
  EXPECT_TRUE(source.has_ended());
}

TEST(BoundedSource, PassesOverRowsThatAreNotWanted) {
  ThreeTransactions all;
  const auto second = [](const change::RowChange& row) {
    return row.transaction->commit_time_us == 200'000'000;
  };
  BoundedSource source(all, second, {at("bin.000001", 300), {}}, 1);
  EXPECT_EQ(drain(source), (std::vector<std::int64_t>{200}));
  EXPECT_EQ(source.rows(), 1U);
}

TEST(BoundedSource, KeepsItsPace) {
  ThreeTransactions all;
  BoundedSource source(all, all_rows, {at("bin.000001", 300), {}}, 20);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(drain(source).size(), 3U);
  // The first at once, then one each 50 ms.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(BoundedSource, StopsWhileItWaitsForItsTurn) {
  ThreeTransactions all;
  BoundedSource source(all, all_rows, {at("bin.000001", 300), {}}, 1);
  std::stop_source stop;
  ASSERT_TRUE(source.next(stop.get_token()));
  ASSERT_TRUE(source.next(stop.get_token()));
  stop.request_stop();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(source.next(stop.get_token()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
  EXPECT_FALSE(source.has_ended());
}

}  // namespace
}  // namespace pikachu::replay
