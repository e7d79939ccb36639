#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mysql/connection_options.h"
#include "mysql/failure.h"
#include "mysql/interruption.h"
#include "mysql/result_table.h"
#include "telemetry/logger.h"

extern "C" {
struct st_mysql;
}

namespace pikachu::mysql {

/// One connection to a server.
///
/// Every call ends within milliseconds once its stop token is triggered, in whatever state the
/// connection is; only looking up the host's name can't be interrupted, and takes as long as the
/// system's resolver allows (resolv.conf: timeout times attempts, 10 s by default). After a failure
/// of the connection or a stop the session is of no more use.
///
/// Threads: one owner.
class Session {
 public:
  template <typename T>
  using Outcome = tl::expected<T, Failure>;

  /// Connects and logs in. The session's character set is utf8mb4 whatever `options` say: schemas
  /// are read in UTF-8. In TlsMode::kPreferred a connection in clear text is warned about.
  /// Errors: kUnavailable (unreachable, no answer within connect_timeout, too many connections, …);
  /// kInvalid (login or TLS refused), naming the fix; kCancelled once `stop` is requested.
  static base::Result<std::unique_ptr<Session>> connect(const ConnectionOptions& options,
                                                        const telemetry::Logger& logger,
                                                        const std::stop_token& stop);

  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// From now on a statement or command fails once the server is silent for so long, not for 60 s.
  void limit_silence(std::chrono::milliseconds silence) { silence_ = silence; }

  /// Runs one statement.
  /// Errors: as to_error(), with what the statement's server said.
  base::Result<ResultTable> query(std::string_view sql, const std::stop_token& stop);
  /// The same for callers who look at the server's error number.
  Outcome<ResultTable> try_query(std::string_view sql, const std::stop_token& stop);

  /// Whether the connection is encrypted.
  bool encrypted() const;
  /// "pikachu@db.example:3306", for messages.
  const std::string& target() const { return target_; }

  /// Whether a command is answered by an OK packet, or by a stream that read_packet() reads.
  enum class Answer : std::uint8_t { kOk, kStream };
  /// Sends a command of the client/server protocol.
  /// Spec: MySQL Source Code Documentation 9, "Client/Server Protocol: Command Phase".
  Outcome<void> send_command(std::uint8_t command, std::span<const std::uint8_t> argument,
                             Answer answer, const std::stop_token& stop);
  /// The next packet of a stream, put together from its 16 MiB parts. Error packets are failures.
  /// Gives up when nothing arrives for `silence`. Lifetime: until the next call.
  Outcome<std::span<const std::uint8_t>> read_packet(std::chrono::milliseconds silence,
                                                     const std::stop_token& stop);

  /// Closes the connection with a reset, not a goodbye: for streams, see Interruption.
  void break_connection() { interruption_.break_connection(); }

 private:
  explicit Session(const ConnectionOptions& options);

  struct Close {
    void operator()(st_mysql* connection) const;
  };

  Outcome<void> open(const ConnectionOptions& options, TlsMode tls, const std::stop_token& stop);
  void set_options(const ConnectionOptions& options, TlsMode tls);
  Failure failure(std::string_view silent) const;
  Failure failure_after_silence(std::string_view what) const;

  std::string target_;
  /// How long a statement may take. BINLOG_GTID_POS reads a whole binlog file.
  std::chrono::milliseconds silence_{60'000};
  Interruption interruption_;
  std::unique_ptr<st_mysql, Close> connection_;
};

}  // namespace pikachu::mysql
