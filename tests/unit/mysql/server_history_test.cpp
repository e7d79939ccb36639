#include "mysql/server_history.h"

#include <string>

#include <gtest/gtest.h>

namespace pikachu::mysql {
namespace {

using change::Flavor;
using change::GtidSet;

const std::string kA = "aaaaaaaa-0000-0000-0000-000000000000";
const std::string kB = "bbbbbbbb-0000-0000-0000-000000000000";
const std::string kGroup = "cccccccc-0000-0000-0000-000000000000";

GtidSet set_of(Flavor flavor, const std::string& text) {
  const auto set = GtidSet::parse(flavor, text);
  EXPECT_TRUE(set) << text;
  return set ? *set : GtidSet();
}

DomainState state_of(const std::string& text) {
  const auto state = DomainState::parse(text);
  EXPECT_TRUE(state) << text;
  return state ? *state : DomainState();
}

/// A server B as it stands to what was read.
Standing mysql(const std::string& read, const std::string& executed,
               const std::string& purged = "") {
  ServerHistory server;
  server.executed = set_of(Flavor::kMysql, executed);
  server.purged = set_of(Flavor::kMysql, purged);
  server.server_uuid = kB;
  server.group_name = kGroup;
  return compare(set_of(Flavor::kMysql, read), server);
}

/// A server 2 as it stands to what was read.
Standing mariadb(const std::string& read, const std::string& written, const std::string& last,
                 const std::string& before = "") {
  ServerHistory server;
  server.flavor = Flavor::kMariadb;
  server.server_id = 2;
  server.written = state_of(written);
  server.last = set_of(Flavor::kMariadb, last);
  server.before = state_of(before);
  return compare(set_of(Flavor::kMariadb, read), server);
}

TEST(CompareMysql, AServerThatHasAllLacksNothing) {
  const auto standing = mysql(kA + ":1-9", kA + ":1-9," + kB + ":1-3", kA + ":1-5");

  EXPECT_EQ(standing.lacking, "");
  EXPECT_EQ(standing.purged, "");
  EXPECT_TRUE(standing.is_related);
  EXPECT_EQ(standing.shared.to_string(), kA + ":1-9");
}

TEST(CompareMysql, NamesWhatWasPurgedUnreadAndWhereItEnds) {
  const auto standing = mysql(kA + ":1-9", kA + ":1-20:tag:1-2", kA + ":1-12:tag:1");

  EXPECT_EQ(standing.purged, kA + ":10-12," + kA + ":tag:1");
  EXPECT_EQ(standing.behind_gap.to_string(), kA + ":1-12," + kA + ":tag:1");
}

TEST(CompareMysql, AReplicaThatLagsHasWrittenNothingOfItsOwn) {
  const auto standing = mysql(kA + ":1-9", kA + ":1-7");

  EXPECT_EQ(standing.lacking, kA + ":8-9");
  EXPECT_FALSE(standing.lacks_its_own);
  EXPECT_TRUE(standing.is_related);
  EXPECT_FALSE(standing.has_written);
  EXPECT_EQ(standing.shared.to_string(), kA + ":1-7");
}

TEST(CompareMysql, AReplicaThatWasPromotedWithoutTheLastHasWritten) {
  EXPECT_TRUE(mysql(kA + ":1-9", kA + ":1-7," + kB + ":1").has_written);
  EXPECT_TRUE(mysql(kA + ":1-9", kA + ":1-7," + kB + ":tag:1").has_written);
  EXPECT_FALSE(mysql(kA + ":1-9," + kB + ":1", kA + ":1-7," + kB + ":1").has_written);
}

TEST(CompareMysql, AServerThatLacksItsOwnHasForgottenThem) {
  EXPECT_TRUE(mysql(kA + ":1-9," + kB + ":1-5", kA + ":1-9," + kB + ":1-3").lacks_its_own);
  EXPECT_TRUE(mysql(kB + ":tag:1-5", kB + ":1").lacks_its_own);
}

TEST(CompareMysql, WhatAMemberOfAGroupLacksMayComeFromAnother) {
  const auto standing = mysql(kGroup + ":1-9", kGroup + ":1-7," + kB + ":1");

  EXPECT_FALSE(standing.lacks_its_own);
  EXPECT_FALSE(standing.has_written);
}

TEST(CompareMysql, AServerWithNothingOfItIsNotRelated) {
  EXPECT_FALSE(mysql(kA + ":1-9", kB + ":1-100").is_related);
  EXPECT_FALSE(mysql(kA + ":1-9", "").is_related);
}

TEST(CompareMariadb, AServerThatHasAllLacksNothingInAnyDomain) {
  const auto standing =
      mariadb("0-1-100,7-1-9", "0-1-100,0-2-105,7-1-12", "0-2-105,7-1-12", "0-1-50,7-1-9");

  EXPECT_EQ(standing.lacking, "");
  EXPECT_EQ(standing.purged, "");
  EXPECT_TRUE(standing.is_related);
}

TEST(CompareMariadb, GoesOnBehindTheLastThatBothHaveInEachDomain) {
  const auto standing = mariadb("0-1-100,7-1-9", "0-1-98,0-2-105,7-1-9", "0-2-105,7-1-9");

  EXPECT_EQ(standing.lacking, "0-1-100");
  EXPECT_TRUE(standing.is_related);
  EXPECT_TRUE(standing.has_written);
  EXPECT_EQ(standing.shared.to_string(), "0-1-98,7-1-9");
}

TEST(CompareMariadb, AReplicaThatLagsHasWrittenNothingOfItsOwn) {
  const auto standing = mariadb("0-1-100,7-1-9", "0-1-98", "0-1-98");

  EXPECT_EQ(standing.lacking, "0-1-100, 7-1-9");
  EXPECT_FALSE(standing.has_written);
  EXPECT_TRUE(standing.is_related);
  EXPECT_EQ(standing.shared.to_string(), "0-1-98");
}

TEST(CompareMariadb, WithoutASharedGtidInADomainNothingIsProven) {
  EXPECT_FALSE(mariadb("0-1-100", "0-9-200", "0-9-200").is_related);
  EXPECT_FALSE(mariadb("0-1-100,7-1-9", "0-1-100,7-9-3", "0-1-100,7-9-3").is_related);
  EXPECT_FALSE(mariadb("0-1-100", "", "").is_related);
}

TEST(CompareMariadb, AServerThatLacksItsOwnHasForgottenThem) {
  EXPECT_TRUE(mariadb("0-2-100", "0-2-3", "0-2-3").lacks_its_own);
  EXPECT_TRUE(mariadb("0-2-100", "", "").lacks_its_own);
  EXPECT_FALSE(mariadb("0-1-100", "0-1-3", "0-1-3").lacks_its_own);
}

TEST(CompareMariadb, NamesWhatWasPurgedUnreadByDomain) {
  const auto standing = mariadb("0-1-100,7-1-9", "0-1-150,0-2-160,7-1-9,8-1-4",
                                "0-2-160,7-1-9,8-1-4", "[0-1-150,0-2-155,7-1-9,8-1-3]");

  EXPECT_EQ(standing.purged, "after 0-1-100 up to 0-2-155, domain 8 up to 8-1-3");
  EXPECT_EQ(standing.behind_gap.to_string(), "0-2-155,7-1-9,8-1-3");
}

TEST(CompareMariadb, TheLastBeforeTheOldestFileIsNoGapUnlessAnotherServersCameAfterIt) {
  EXPECT_EQ(mariadb("0-1-100", "0-1-120", "0-1-120", "0-1-100").purged, "");
  EXPECT_EQ(mariadb("0-1-101", "0-1-120", "0-1-120", "0-1-100").purged, "");
  EXPECT_NE(mariadb("0-1-100", "0-1-100,0-2-120", "0-2-120", "0-1-100,0-2-105").purged, "");
  EXPECT_EQ(mariadb("0-2-106", "0-1-100,0-2-120", "0-2-120", "0-1-100,0-2-105").purged, "");
}

TEST(DomainStateText, IsReadWithAndWithoutBrackets) {
  const std::string text = "0-1-99,0-2-105,7-1-18446744073709551615";

  EXPECT_EQ(state_of(text).to_string(), text);
  EXPECT_EQ(state_of("[" + text + "]").to_string(), text);
  EXPECT_EQ(state_of("[]").to_string(), "");
  EXPECT_EQ(state_of(text).last_of(0, 2), 105U);
  EXPECT_EQ(state_of(text).last_of(7, 2), std::nullopt);
  EXPECT_FALSE(DomainState::parse("0-1-99,nonsense"));
}

}  // namespace
}  // namespace pikachu::mysql
