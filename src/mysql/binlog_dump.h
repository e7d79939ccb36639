#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "change/gtid_set.h"
#include "mysql/failure.h"
#include "mysql/session.h"
#include "source/event_stream.h"
#include "telemetry/logger.h"

namespace pikachu::mysql {

/// What to ask the server for.
struct DumpRequest {
  change::Flavor flavor = change::Flavor::kMysql;
  std::uint32_t server_id = 0;             ///< Ours.
  std::chrono::milliseconds heartbeat{0};  ///< Three of them missed end the stream.
  std::string file;                        ///< Not used if `gtids` is there.
  std::uint64_t offset = 4;
  /// Begin after these transactions, wherever they stand.
  std::optional<change::GtidSet> gtids;
  /// Whether SHOW REPLICAS is to show us. A short look at a file need not.
  bool visible = true;
  std::string shown_host = "pikachu";  ///< Our host in SHOW REPLICAS; at most 60 bytes.
  std::string privileges_fix;          ///< The GRANT statement for messages.
};

/// A running binlog dump: raw events, as they come out of the server.
///
/// Takes the raw packets, not the client library's replication calls: those fail on MySQL 5.6 and
/// 5.7, and lose event types that they do not know.
///
/// Threads: one owner.
/// Spec: MySQL Source Code Documentation 9, "Replication Protocol"; MariaDB Knowledge Base,
/// "Replication Protocol", "COM_BINLOG_DUMP".
class BinlogDump final : public source::EventStream {
 public:
  /// Says on `session` what kind of replica we are, and starts the dump. The server's refusal of
  /// the position comes with the first next(). Errors: as Session::query(); kUnsupported for an
  /// offset of 4 GiB and more on a MySQL server without GTIDs: its command has 32 bits for it.
  static base::Result<std::unique_ptr<BinlogDump>> start(std::unique_ptr<Session> session,
                                                         const DumpRequest& request,
                                                         const telemetry::Logger& logger,
                                                         const std::stop_token& stop);
  ~BinlogDump() override;
  BinlogDump(const BinlogDump&) = delete;
  BinlogDump& operator=(const BinlogDump&) = delete;

  base::Result<std::span<const std::uint8_t>> next(const std::stop_token& stop) override;

  /// Whether the first ROTATE, which no format description precedes, has a CRC32.
  bool checksum_negotiated() const { return checksum_negotiated_; }

 private:
  BinlogDump(std::unique_ptr<Session> session, const DumpRequest& request);

  base::Result<void> introduce(const DumpRequest& request, const telemetry::Logger& logger,
                               const std::stop_token& stop);
  base::Result<void> make_visible(const DumpRequest& request, const telemetry::Logger& logger,
                                  const std::stop_token& stop);
  base::Result<void> request_events(const DumpRequest& request, const std::stop_token& stop);

  std::unique_ptr<Session> session_;
  DumpContext context_;
  std::chrono::milliseconds silence_;
  bool checksum_negotiated_ = false;
  bool ended_ = false;
};

/// The UUID that we show to the server as our own: the same for the same server_id, so that MySQL
/// tells a reconnect from a second replica.
std::string replica_uuid(std::uint32_t server_id);

}  // namespace pikachu::mysql
