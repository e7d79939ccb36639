// A big transaction for an endpoint that is dead: what must not grow, what must not be read twice,
// and what must arrive.
#include <chrono>
#include <string>

#include "tests/integration/backlog_scenario.h"

namespace pikachu::test {
namespace {

TEST_F(BacklogOnDisk, KilledInABigTransactionItGoesOnInItsMiddle) {
  const auto rows = size_of_run("PIKACHU_BIG_TRANSACTION_ROWS", 500'000);
  dead_ = true;
  execute({"USE test_db",
           "INSERT INTO bulk (id, n) SELECT seq, 1 FROM seq_1_to_" + std::to_string(rows)});
  const std::chrono::seconds patience(60 + rows / 2'000);
  ASSERT_TRUE(wait_until([&] { return waiting() >= rows / 2; }, patience)) << waiting() << "\n"
                                                                           << pikachu_->log();
  kill();
  start();

  ASSERT_TRUE(wait_until([&] { return waiting() >= rows; }, patience)) << waiting() << "\n"
                                                                       << pikachu_->log();
  // A checkpoint may be a second old, in which much may have been written; ids that wait already
  // are left out.
  EXPECT_LE(waiting(), rows + rows / 100);

  dead_ = false;
  EXPECT_TRUE(wait_for_bulk(rows)) << bulk_.changes() << "\n" << pikachu_->log();
  EXPECT_LE(bulk_.arrivals(), rows + rows / 100);
  kill();
}

}  // namespace
}  // namespace pikachu::test
