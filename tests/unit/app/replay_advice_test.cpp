#include "app/replay_advice.h"

#include <gtest/gtest.h>

namespace pikachu::app {
namespace {

TEST(ReplayAdvice, NamesTheReplaysOwnOption) {
  EXPECT_EQ(as_replay_advice("purged; to go on without them: pikachu state reset -config "
                             "config.yaml -position gtid:0-1-7 (they are lost)"),
            "purged; to go on without them: pikachu replay -from gtid:0-1-7 (they are lost)");
}

TEST(ReplayAdvice, OffersNoEndToBeginAt) {
  EXPECT_EQ(as_replay_advice("begin anew: pikachu state reset -config config.yaml -position "
                             "earliest (or latest); or here: pikachu state reset -config "
                             "config.yaml -position latest"),
            "begin anew: pikachu replay -from earliest; or here: pikachu replay -from a later "
            "place");
}

TEST(ReplayAdvice, NamesTheOptionsThatStandForKeys) {
  EXPECT_EQ(as_replay_advice("start_from: no GTID"), "-from: no GTID");
  EXPECT_EQ(as_replay_advice("no start of an event; give start_from the offset of one"),
            "no start of an event; give -from the offset of one");
  EXPECT_EQ(as_replay_advice("database.server_id 7 is in use; give another database.server_id"),
            "-server-id 7 is in use; give another -server-id");
}

TEST(ReplayAdvice, LeavesOtherMessagesAlone) {
  const auto* const damaged =
      "set it aside with pikachu state reset -damaged and start with database.start_from at a "
      "position that is known";
  EXPECT_EQ(as_replay_advice(damaged), damaged);
}

}  // namespace
}  // namespace pikachu::app
