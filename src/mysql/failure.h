#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pikachu::mysql {

/// Why a call on a connection failed, before it is told what that means.
struct Failure {
  enum class Cause : std::uint8_t {
    kServer,   ///< `number` and `text` are the server's, or the client library's.
    kSilence,  ///< Nothing came within the deadline.
    kStopped,  ///< A stop was requested.
  };
  Cause cause = Cause::kServer;
  unsigned int number = 0;  ///< 2000 and up to 2999 are the client library's.
  std::string text;
};

/// A failure as an error. `target` says on what, "pikachu@db.example:3306".
/// kCancelled if stopped; kInvalid for what an operator has to mend (wrong password, missing
/// privilege, TLS refused, …), with the fix; kUnavailable for all else, also for numbers that
/// nobody here has heard of: trying again loses nothing. Spec: MySQL 9 Reference Manual, "Server
/// Error Message Reference", "Client Error Message Reference"; MariaDB Knowledge Base, "MariaDB
/// Error Codes".
base::Error to_error(const Failure& failure, std::string_view target);

/// What a dump was asked for, for the messages about its refusal.
struct DumpContext {
  std::string target;
  std::string position;         ///< "mysql-bin.000042:1234", or a GTID set.
  std::uint32_t server_id = 0;  ///< Ours.
  std::string privileges_fix;   ///< The GRANT statement for this server and user.
};

/// A failure while reading a dump as an error. Error 1236 is one number for everything: its causes
/// are told apart by the server's text.
base::Error dump_error(const Failure& failure, const DumpContext& context);

/// Whether the server refused for want of a privilege.
bool is_access_denied(const Failure& failure);

}  // namespace pikachu::mysql
