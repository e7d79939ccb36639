// Positions while XA transactions are prepared.
#include <gtest/gtest.h>

#include "source/binlog_source.h"
#include "tests/unit/source/binlog_source_fixture.h"

namespace pikachu::source {
namespace {

TEST_F(BinlogSourceTest, CommitsStayBeforeWhatIsPreparedAndReconnectsDoNot) {
  std::uint64_t prepared_at = 0;
  std::uint64_t read_to = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        prepared_at = builder.end();
        prepare(builder, events, 2);
        insert(builder, events, 3);
        read_to = builder.end();
      },
      kLost);
  std::uint64_t held_until = 0;
  stream(
      read_to,
      [&](auto& builder, auto& events) {
        insert(builder, events, 4);
        held_until = builder.end();
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0, 0, 3, 0, 4, 0}));

  EXPECT_EQ(committed_.offset, prepared_at);
  EXPECT_EQ(opener_.resumed_at,
            (std::vector<std::optional<std::uint64_t>>{std::nullopt, read_to, held_until}));
}

TEST_F(BinlogSourceTest, EarlyCommitHasWhatWasNotedWithTheTransactionThatItIsBefore) {
  std::uint64_t prepared_at = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        prepared_at = builder.end();
        prepare(builder, events, 4);  // In the place of the first.
        insert(builder, events, 5);
      },
      kLost);

  run();

  EXPECT_EQ(committed_.offset, prepared_at);
  EXPECT_EQ(committed_through_, 2U);
}

TEST_F(BinlogSourceTest, CommitOfWhatWasPreparedReleasesThePosition) {
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        events.push_back(xa_commit(builder));
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 0, 3, 0, 2, 0}));

  EXPECT_EQ(committed_.offset, last_end_);
}

TEST_F(BinlogSourceTest, TellsHowFarItHasReadWhereThatCannotBeResumed) {
  std::uint64_t prepared_until = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        prepared_until = builder.end();
        insert(builder, events, 3);
      },
      kLost);

  run();

  EXPECT_EQ(passed_, (std::vector<std::uint64_t>{prepared_until, last_end_}));
}

TEST_F(BinlogSourceTest, AnotherServerIsAskedAgainForWhatIsPrepared) {
  server_ = "server-1";
  std::uint64_t prepared_at = 0;
  std::uint64_t read_to = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        prepared_at = builder.end();
        prepare(builder, events, 2);
        insert(builder, events, 3);
        read_to = builder.end();
      },
      kLost);
  server_ = "server-2";
  stream(
      read_to, [](auto&, auto&) {}, kLost);
  stream(
      prepared_at,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        events.push_back(xa_commit(builder));
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0, 0, 3, 0, 0, 0, 3, 0, 2, 0}));

  ASSERT_GE(opener_.resumed_at.size(), 3U);
  EXPECT_EQ(opener_.resumed_at[1], read_to);
  EXPECT_EQ(opener_.resumed_at[2], prepared_at);
}

}  // namespace
}  // namespace pikachu::source
