#include "mysql/server_id_lock.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::mysql {
namespace {

Session::Outcome<ResultTable> answer(std::optional<std::string> got) {
  return ResultTable{{"got"}, {{std::move(got)}}};
}
Session::Outcome<ResultTable> failure(unsigned int number) {
  return tl::unexpected(Failure{Failure::Cause::kServer, number, "text"});
}

TEST(ServerIdLock, AnswerSaysWhetherTheLockIsOurs) {
  EXPECT_EQ(lock_answer(answer("1")), LockAnswer::kTaken);
  EXPECT_EQ(lock_answer(answer("0")), LockAnswer::kHeld);
}

TEST(ServerIdLock, ServerThatGivesNoLocksIsNoFailure) {
  EXPECT_EQ(lock_answer(answer(std::nullopt)), LockAnswer::kImpossible);
  EXPECT_EQ(lock_answer(ResultTable{}), LockAnswer::kImpossible);
  // ER_SP_DOES_NOT_EXIST, ER_NOT_SUPPORTED_YET, ER_UNKNOWN_ERROR (pxc_strict_mode)
  for (const unsigned int number : {1305U, 1235U, 1105U}) {
    EXPECT_EQ(lock_answer(failure(number)), LockAnswer::kImpossible) << number;
  }
}

TEST(ServerIdLock, ConnectionThatEndsIsNotAServerWithoutLocks) {
  for (const unsigned int number : {1053U, 1317U, 1927U, 2006U, 2013U, 2026U}) {
    EXPECT_EQ(lock_answer(failure(number)), LockAnswer::kLost) << number;
  }
  for (const auto cause : {Failure::Cause::kSilence, Failure::Cause::kStopped}) {
    EXPECT_EQ(lock_answer(tl::unexpected(Failure{cause, 0, "text"})), LockAnswer::kLost);
  }
}

TEST(ServerIdLock, InstanceIsShownOnlyWhereASessionHasOneLock) {
  ConnectionOptions options;
  options.instance = "0123456789abcdef";
  const ServerIdLock lock(options, telemetry::Logger());
  ServerFacts facts;
  facts.number = 50624;
  EXPECT_EQ(lock.shown_host(facts), "pikachu-0123456789abcdef");
  facts.number = 50704;
  EXPECT_EQ(lock.shown_host(facts), "pikachu-0123456789abcdef");
  facts.number = 50705;
  EXPECT_EQ(lock.shown_host(facts), "pikachu");
  facts.flavor = change::Flavor::kMariadb;
  facts.number = 100011;
  EXPECT_EQ(lock.shown_host(facts), "pikachu");
}

}  // namespace
}  // namespace pikachu::mysql
