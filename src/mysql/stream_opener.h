#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "mysql/binlog_dump.h"
#include "mysql/connection_options.h"
#include "mysql/server_facts.h"
#include "source/event_stream.h"
#include "telemetry/logger.h"

namespace pikachu::mysql {

/// Opens binlog streams: connects, examines the server, finds the start and begins the dump.
///
/// Threads: one owner.
class BinlogStreamOpener final : public source::EventStreamOpener {
 public:
  /// REQUIRES: options.server_id is not 0.
  BinlogStreamOpener(ConnectionOptions options, telemetry::Logger logger);

  base::Result<source::OpenedStream> open(const std::optional<change::Position>& resume,
                                          const source::StartFrom& from,
                                          const std::stop_token& stop) override;

 private:
  DumpRequest request_for(const ServerFacts& facts) const;
  base::Result<std::int64_t> file_time(const ServerFacts& facts, const std::string& file,
                                       const std::stop_token& stop) const;

  ConnectionOptions options_;
  telemetry::Logger logger_;
};

}  // namespace pikachu::mysql
