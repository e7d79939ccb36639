#include "mysql/failure.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::mysql {
namespace {

using base::ErrorCode;

Failure server(unsigned int number, const std::string& text) {
  return {Failure::Cause::kServer, number, text};
}

const DumpContext kContext{"pikachu@db:3306", "mysql-bin.000042:1234", 4711, "GRANT EVERYTHING;"};

TEST(ToError, TellsWhatTheOperatorHasToMend) {
  for (const unsigned int number :
       {1044U, 1045U, 1130U, 1227U, 1251U, 1698U, 1862U, 2059U, 4151U}) {
    SCOPED_TRACE(number);
    EXPECT_EQ(to_error(server(number, "refused"), "t").code, ErrorCode::kInvalid);
  }
}

TEST(ToError, TellsWhatMendsByItself) {
  for (const unsigned int number :
       {1040U, 1053U, 1205U, 1927U, 2002U, 2003U, 2005U, 2006U, 2013U}) {
    SCOPED_TRACE(number);
    EXPECT_EQ(to_error(server(number, "gone"), "t").code, ErrorCode::kUnavailable);
  }
}

TEST(ToError, AnUnknownNumberIsTriedAgain) {
  const auto error = to_error(server(9999, "never heard of"), "pikachu@db:3306");

  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "pikachu@db:3306: server error 9999 (never heard of)");
}

TEST(ToError, TellsErrorsOfTheClientLibraryFromThoseOfTheServer) {
  EXPECT_EQ(to_error(server(2013, "lost"), "t").message, "t: client error 2013 (lost)");
  EXPECT_EQ(to_error(server(3000, "odd"), "t").message, "t: server error 3000 (odd)");
}

TEST(ToError, SaysWhatToCheckWhereNoServerIsReached) {
  for (const unsigned int number : {2002U, 2003U, 2005U}) {
    SCOPED_TRACE(number);
    const auto message = to_error(server(number, "no way"), "t").message;
    EXPECT_NE(message.find("check database.host and database.port"), std::string::npos) << message;
  }
}

TEST(DumpError, NamesTheCommandThatBeginsAnew) {
  for (const char* const text :
       {"more GTIDs than", "purged", "which is not in the", "could not find first log file",
        "could not find next log", "position > file size"}) {
    SCOPED_TRACE(text);
    const auto message = dump_error(server(1236, text), kContext).message;
    EXPECT_NE(message.find("pikachu state reset -config config.yaml -position earliest"),
              std::string::npos)
        << message;
  }
}

TEST(ToError, AStopIsNoFailure) {
  EXPECT_EQ(to_error({Failure::Cause::kStopped, 0, ""}, "t").code, ErrorCode::kCancelled);
  EXPECT_EQ(dump_error({Failure::Cause::kStopped, 0, ""}, kContext).code, ErrorCode::kCancelled);
}

TEST(ToError, SilenceIsUnavailable) {
  EXPECT_EQ(to_error({Failure::Cause::kSilence, 0, "silent"}, "t").code, ErrorCode::kUnavailable);
}

TEST(ToError, OnlyLastingTlsFailuresNeedTheOperator) {
  const auto code = [](const char* text) { return to_error(server(2026, text), "t").code; };

  EXPECT_EQ(code("TLS/SSL error: certificate verify failed"), ErrorCode::kInvalid);
  EXPECT_EQ(code("TLS/SSL error: unsafe legacy renegotiation disabled"), ErrorCode::kInvalid);
  EXPECT_EQ(code("TLS/SSL error: Validation of SSL server certificate failed"),
            ErrorCode::kInvalid);
  EXPECT_EQ(code("TLS/SSL error: Connection reset by peer"), ErrorCode::kUnavailable);
  EXPECT_EQ(code("TLS/SSL error: unexpected eof while reading"), ErrorCode::kUnavailable);
}

struct RefusalCase {
  const char* text;
  const char* part;
  ErrorCode code;
};

// Texts as servers wrote them, or as their sources have them: MySQL 5.6, 8.0 and 9.7,
// MariaDB 10.11.
TEST(DumpError, TellsTheCausesOf1236Apart) {
  const std::vector<RefusalCase> cases = {
      {"Could not find first log file name in binary log index file", "no such binlog file",
       ErrorCode::kInvalid},
      {"Client requested master to start replication from position > file size", "beyond the end",
       ErrorCode::kInvalid},
      {"Client requested source to start replication from position > file size", "beyond the end",
       ErrorCode::kInvalid},
      {"Client requested master to start replication from impossible position",
       "no start of an event", ErrorCode::kInvalid},
      {"A slave with the same server_uuid/server_id as this slave has connected to the master; the "
       "first event 'binlog.000001' at 4",
       "server_id 4711", ErrorCode::kInvalid},
      {"A replica with the same server_uuid/server_id as this replica has connected to the source",
       "server_id 4711", ErrorCode::kInvalid},
      {"Cannot replicate because the master purged required binary logs. Replicate the missing "
       "transactions from elsewhere",
       "has purged", ErrorCode::kInvalid},
      {"Could not find GTID state requested by slave in any binlog files. Probably the slave state "
       "is "
       "too old and required binlog files have been purged.",
       "has purged", ErrorCode::kInvalid},
      {"Error: connecting slave requested to start from GTID 0-1-9, which is not in the master's "
       "binlog",
       "does not know this GTID", ErrorCode::kInvalid},
      {"Slave has more GTIDs than the master has, using the master's SERVER_UUID.", "ahead of the",
       ErrorCode::kInvalid},
      {"log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master",
       "max_allowed_packet", ErrorCode::kInvalid},
      {"Slave can not handle replication events with the checksum that master is configured to log",
       "binlog_checksum", ErrorCode::kUnsupported},
      {"event read from binlog did not pass checksum algorithm verification", "damaged",
       ErrorCode::kInvalid},
      {"I/O error reading log event", "I/O error", ErrorCode::kUnavailable},
  };
  for (const auto& refusal : cases) {
    SCOPED_TRACE(refusal.text);
    const auto error = dump_error(server(1236, refusal.text), kContext);
    EXPECT_EQ(error.code, refusal.code) << error.message;
    EXPECT_NE(error.message.find(refusal.part), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(refusal.text), std::string::npos) << "the server's words are kept";
  }
}

TEST(DumpError, NamesTheGrantForAMissingPrivilege) {
  const auto error =
      dump_error(server(1227, "Access denied; you need REPLICATION SLAVE"), kContext);

  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_NE(error.message.find("GRANT EVERYTHING;"), std::string::npos) << error.message;
}

TEST(DumpError, MariadbThrowsTheOlderReplicaOut) {
  const auto error =
      dump_error(server(4052, "A slave with the same server_uuid/server_id"), kContext);

  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_NE(error.message.find("4711"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::mysql
