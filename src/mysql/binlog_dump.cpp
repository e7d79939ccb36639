#include "mysql/binlog_dump.h"

#include <limits>
#include <string_view>
#include <utility>

#include "mysql/byte_writer.h"
#include "mysql/gtid_encoding.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;

constexpr std::uint8_t kComBinlogDump = 18;
constexpr std::uint8_t kComRegisterSlave = 21;
constexpr std::uint8_t kComBinlogDumpGtid = 30;

// The text of the statement comes before its rows, and the sizes of all events add up to the
// offset. On MySQL the same bit asks for another kind of heartbeat.
constexpr std::uint16_t kMariadbSendAnnotateRows = 2;
constexpr std::uint16_t kMysqlThroughGtid = 4;

std::string describe_position(const DumpRequest& request) {
  if (request.gtids) return "GTID set '" + request.gtids->to_string() + "'";
  return request.file + ":" + std::to_string(request.offset);
}

}  // namespace

std::string replica_uuid(std::uint32_t server_id) {
  // Version 8 (RFC 9562, "vendor-specific"): the name in ASCII, and the id.
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "70696b61-6368-8075-8000-0000";
  for (int shift = 28; shift >= 0; shift -= 4) {
    text += kDigits[(server_id >> static_cast<unsigned>(shift)) & 0xfU];
  }
  return text;
}

BinlogDump::BinlogDump(std::unique_ptr<Session> session, const DumpRequest& request)
    : session_(std::move(session)),
      context_{session_->target(), describe_position(request), request.server_id,
               request.privileges_fix},
      silence_(3 * request.heartbeat) {
}

BinlogDump::~BinlogDump() {
  session_->break_connection();
}

base::Result<std::unique_ptr<BinlogDump>> BinlogDump::start(std::unique_ptr<Session> session,
                                                            const DumpRequest& request,
                                                            const telemetry::Logger& logger,
                                                            const std::stop_token& stop) {
  std::unique_ptr<BinlogDump> dump(new BinlogDump(std::move(session), request));
  if (auto done = dump->introduce(request, logger, stop); !done) {
    return base::propagate(std::move(done));
  }
  if (request.visible) {
    if (auto done = dump->make_visible(request, logger, stop); !done) {
      return base::propagate(std::move(done));
    }
  }
  if (auto done = dump->request_events(request, stop); !done) {
    return base::propagate(std::move(done));
  }
  return dump;
}

base::Result<void> BinlogDump::introduce(const DumpRequest& request,
                                         const telemetry::Logger& logger,
                                         const std::stop_token& stop) {
  // MySQL 8.0.26 renamed the variables and reads either name; others read the old ones. An unknown
  // user variable harms nothing.
  const std::string period = std::to_string(std::chrono::nanoseconds(request.heartbeat).count());
  const std::string uuid = replica_uuid(request.server_id);
  std::string statement =
      "SET @master_binlog_checksum = @@global.binlog_checksum,"
      " @source_binlog_checksum = @@global.binlog_checksum,"
      " @master_heartbeat_period = " +
      period + ", @source_heartbeat_period = " + period + ", @slave_uuid = '" + uuid +
      "', @replica_uuid = '" + uuid + "'";
  if (request.flavor == change::Flavor::kMariadb) {
    // 4: we know GTID events. Without it they come as something else.
    statement += ", @mariadb_slave_capability = 4";
    if (request.gtids) {
      statement += ", @slave_connect_state = '" + request.gtids->to_string() +
                   "', @slave_gtid_strict_mode = 0, @slave_gtid_ignore_duplicates = 0";
    }
  }
  if (auto done = session_->query(statement, stop); !done) return base::propagate(std::move(done));

  auto checksum = session_->query("SELECT @master_binlog_checksum AS algorithm", stop);
  if (!checksum) return base::propagate(std::move(checksum));
  checksum_negotiated_ = !checksum->rows.empty() && checksum->text(0, "algorithm") == "CRC32";

  // How long the server bears with a reader that does not read: a full pipeline reads when it can.
  const auto patient = session_->try_query("SET SESSION net_write_timeout = 86400", stop);
  if (!patient && patient.error().cause != Failure::Cause::kServer) {
    return tl::unexpected(to_error(patient.error(), session_->target()));
  }
  if (!patient) {
    logger.warn(
        "net_write_timeout can't be raised; the server may end the stream when deliveries "
        "stall for a minute, and pikachu then reconnects.",
        {{"error", patient.error().text}});
  }
  return {};
}

base::Result<void> BinlogDump::make_visible(const DumpRequest& request,
                                            const telemetry::Logger& logger,
                                            const std::stop_token& stop) {
  ByteWriter command;
  command.u32(request.server_id);
  command.u8(static_cast<std::uint8_t>(request.shown_host.size()));
  command.text(request.shown_host);
  command.u8(0);   // user: none is told
  command.u8(0);   // password: none is told
  command.u16(0);  // port: nobody can connect to us
  command.u32(0);  // rank: not used by any server
  command.u32(0);  // the server's id: it fills in its own
  const auto bytes = std::move(command).bytes();
  const auto done = session_->send_command(kComRegisterSlave, bytes, Session::Answer::kOk, stop);
  if (done) return {};
  if (done.error().cause != Failure::Cause::kServer || done.error().number / 1000 == 2) {
    return tl::unexpected(to_error(done.error(), session_->target()));
  }
  logger.warn("The server does not list pikachu among its replicas.",
              {{"error", done.error().text}});
  return {};
}

base::Result<void> BinlogDump::request_events(const DumpRequest& request,
                                              const std::stop_token& stop) {
  const bool mariadb = request.flavor == change::Flavor::kMariadb;
  const bool wide_offset = request.offset > std::numeric_limits<std::uint32_t>::max();
  ByteWriter command;
  std::uint8_t number = kComBinlogDump;
  if (!mariadb && (request.gtids || wide_offset)) {
    number = kComBinlogDumpGtid;
    // With a file name the server begins there, and passes over what is in the set: nothing.
    const std::string file = request.gtids ? "" : request.file;
    const auto set =
        encode_gtid_set(request.gtids.value_or(change::GtidSet(change::Flavor::kMysql)));
    command.u16(request.gtids ? kMysqlThroughGtid : 0);
    command.u32(request.server_id);
    command.u32(file.size());
    command.text(file);
    command.u64(request.gtids ? 4 : request.offset);
    command.u32(set.size());
    command.append(set);
  } else {
    if (wide_offset && !request.gtids) {
      return base::fail(ErrorCode::kUnsupported,
                        context_.target + ": the offset of " + context_.position +
                            " is beyond 4294967295, the largest that the server's command can "
                            "carry; begin by GTID instead");
    }
    command.u32(request.gtids ? 4 : request.offset);
    command.u16(mariadb ? kMariadbSendAnnotateRows : 0);
    command.u32(request.server_id);
    // By GTID, MariaDB finds the file itself, from @slave_connect_state.
    if (!request.gtids) command.text(request.file);
  }
  const auto bytes = std::move(command).bytes();
  const auto done = session_->send_command(number, bytes, Session::Answer::kStream, stop);
  if (!done) return tl::unexpected(dump_error(done.error(), context_));
  return {};
}

base::Result<std::span<const std::uint8_t>> BinlogDump::next(const std::stop_token& stop) {
  if (ended_) {
    return base::fail(ErrorCode::kUnavailable, context_.target + ": the binlog stream has ended");
  }
  const auto packet = session_->read_packet(silence_, stop);
  if (!packet) {
    ended_ = true;
    return tl::unexpected(dump_error(packet.error(), context_));
  }
  constexpr std::uint8_t kOk = 0x00;
  constexpr std::uint8_t kEndOfStream = 0xfe;
  constexpr std::size_t kEndOfStreamMaxSize = 8;
  if (!packet->empty() && packet->front() == kOk) return packet->subspan(1);
  ended_ = true;
  if (!packet->empty() && packet->front() == kEndOfStream &&
      packet->size() <= kEndOfStreamMaxSize) {
    // MySQL says so when it shuts down.
    return base::fail(ErrorCode::kUnavailable,
                      context_.target + ": the server ended the binlog stream");
  }
  return base::fail(ErrorCode::kCorrupt,
                    context_.target + ": a packet of the binlog stream begins with byte " +
                        std::to_string(packet->empty() ? -1 : int{packet->front()}) +
                        ", not 0 (event) or 254 (end)");
}

}  // namespace pikachu::mysql
