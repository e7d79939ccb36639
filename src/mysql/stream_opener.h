#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "mysql/binlog_dump.h"
#include "mysql/connection_options.h"
#include "mysql/server_facts.h"
#include "mysql/server_id_lock.h"
#include "mysql/start_point.h"
#include "source/event_stream.h"
#include "telemetry/logger.h"

namespace pikachu::mysql {

/// Opens binlog streams: connects, examines the server, finds the start and begins the dump.
///
/// Of several servers the one that streamed last is tried first, then the others in their order.
/// One that refuses is passed over, and named in the log. A server that lacks what was read already
/// is waited for; only if it was promoted without it, and none of the others serves for
/// ConnectionOptions::failover_patience, does the stream begin there, at the last transaction that
/// both have. See docs/operation/resume.md.
///
/// Nothing is read from a server where another instance has the same server_id: see ServerIdLock.
///
/// Threads: one owner.
class BinlogStreamOpener final : public source::EventStreamOpener {
 public:
  /// Told which server is about to be streamed from, before open() returns.
  using OnServer = std::function<void(const ServerAddress&)>;

  /// REQUIRES: options.server_id is not 0.
  BinlogStreamOpener(ConnectionOptions options, telemetry::Logger logger, OnServer on_server = {});

  /// Errors: of several servers, kUnavailable if one of them may serve later, with what each said.
  /// A server's refusal of the position comes here, not with the first event. kInvalid at once, and
  /// no further server is tried, if another instance has our server_id.
  base::Result<source::OpenedStream> open(const std::optional<change::Position>& resume,
                                          const source::StartFrom& from,
                                          const std::stop_token& stop) override;

 private:
  /// What to do about a server that was promoted without all that was read.
  enum class Promoted : std::uint8_t { kWaitFor, kTake };

  struct Server {
    ServerAddress address;
    /// Since when it has been seen promoted, and lacking something.
    std::optional<std::chrono::steady_clock::time_point> promoted_since;
  };

  base::Result<source::OpenedStream> open_at(Server& server, Promoted promoted,
                                             const std::optional<change::Position>& resume,
                                             const source::StartFrom& from,
                                             const std::stop_token& stop);
  base::Result<void> check_lacking(Server& server, Promoted promoted, const StartPoint& start,
                                   std::string_view target);
  bool patience_is_over(const Server& server) const;
  void use(std::size_t index, const std::vector<base::Error>& passed_over);
  base::Error none_serves(const std::vector<base::Error>& errors) const;
  DumpRequest request_for(const ServerFacts& facts) const;
  base::Result<std::int64_t> file_time(const ConnectionOptions& options, const ServerFacts& facts,
                                       const std::string& file, const std::stop_token& stop) const;

  const ConnectionOptions options_;
  telemetry::Logger logger_;
  const OnServer on_server_;
  ServerIdLock lock_;
  /// Whether the last server refused because another instance has our server_id.
  bool has_rival_ = false;
  std::vector<Server> servers_;
  std::size_t current_ = 0;
};

}  // namespace pikachu::mysql
