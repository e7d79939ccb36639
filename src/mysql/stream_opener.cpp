#include "mysql/stream_opener.h"

#include <utility>

#include "mysql/session.h"
#include "mysql/start_point.h"
#include "wire/byte_reader.h"

namespace pikachu::mysql {

using base::ErrorCode;

BinlogStreamOpener::BinlogStreamOpener(ConnectionOptions options, telemetry::Logger logger)
    : options_(std::move(options)), logger_(std::move(logger)) {
}

base::Result<source::OpenedStream> BinlogStreamOpener::open(
    const std::optional<change::Position>& resume, const source::StartFrom& from,
    const std::stop_token& stop) {
  auto session = Session::connect(options_, logger_, stop);
  if (!session) return base::propagate(std::move(session));
  auto facts = read_server_facts(**session, stop);
  if (!facts) return base::propagate(std::move(facts));
  if (auto fit = check_server(*facts, options_.server_id, (*session)->target()); !fit) {
    return base::propagate(std::move(fit));
  }

  StartFinder finder(**session, *facts);
  auto start =
      resume
          ? finder.resumed(*resume, stop)
          : finder.first(
                from, [&](const std::string& file) { return file_time(*facts, file, stop); }, stop);
  if (!start) return base::propagate(std::move(start));

  DumpRequest request = request_for(*facts);
  request.file = start->position.file;
  request.offset = start->position.offset;
  if (start->by_gtid) request.gtids = start->position.gtids;
  auto dump = BinlogDump::start(std::move(*session), request, logger_, stop);
  if (!dump) return base::propagate(std::move(dump));

  source::OpenedStream opened;
  opened.checksum_negotiated = (*dump)->checksum_negotiated();
  opened.events = std::move(*dump);
  opened.start = std::move(start->position);
  opened.by_gtid = start->by_gtid;
  opened.gtids_complete = facts->writes_gtids();
  opened.skip_before_unix_seconds = start->skip_before_unix_seconds;
  return opened;
}

DumpRequest BinlogStreamOpener::request_for(const ServerFacts& facts) const {
  DumpRequest request;
  request.flavor = facts.flavor;
  request.server_id = options_.server_id;
  request.heartbeat = options_.heartbeat;
  request.privileges_fix = facts.privileges_fix();
  return request;
}

base::Result<std::int64_t> BinlogStreamOpener::file_time(const ServerFacts& facts,
                                                         const std::string& file,
                                                         const std::stop_token& stop) const {
  // On a connection of its own: a dump never ends by itself.
  auto session = Session::connect(options_, logger_, stop);
  if (!session) return base::propagate(std::move(session));
  DumpRequest request = request_for(facts);
  request.file = file;
  request.visible = false;
  auto dump = BinlogDump::start(std::move(*session), request, logger_, stop);
  if (!dump) return base::propagate(std::move(dump));
  // An artificial ROTATE without a time, then the format description, written as the file was
  // begun.
  constexpr int kEventsAtMost = 8;
  for (int i = 0; i < kEventsAtMost; ++i) {
    auto event = (*dump)->next(stop);
    if (!event) return base::propagate(std::move(event));
    wire::ByteReader reader(*event);
    const std::uint32_t timestamp = reader.u32();
    if (reader.ok() && timestamp != 0) return timestamp;
  }
  return base::fail(ErrorCode::kCorrupt, file + ": none of its first " +
                                             std::to_string(kEventsAtMost) +
                                             " events has a time; examine it with mysqlbinlog");
}

}  // namespace pikachu::mysql
