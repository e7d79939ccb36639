#include "mysql/stream_opener.h"

#include <memory>
#include <span>
#include <utility>

#include "base/random_id.h"
#include "mysql/session.h"
#include "wire/byte_reader.h"

namespace pikachu::mysql {

using base::ErrorCode;

namespace {

/// A dump whose first event was waited for already: with it the server accepts the position.
class StartedStream final : public source::EventStream {
 public:
  /// Calls `on_close` once a dump is closed that was not lost: its server does not know of that.
  StartedStream(std::unique_ptr<BinlogDump> dump, std::span<const std::uint8_t> first,
                std::function<void()> on_close)
      : dump_(std::move(dump)), first_(first), on_close_(std::move(on_close)) {}
  ~StartedStream() override {
    dump_.reset();
    if (!is_lost_) on_close_();
  }

  base::Result<std::span<const std::uint8_t>> next(const std::stop_token& stop) override {
    if (first_) return *std::exchange(first_, std::nullopt);
    auto event = dump_->next(stop);
    if (!event && event.error().code != ErrorCode::kCancelled) is_lost_ = true;
    return event;
  }

 private:
  std::unique_ptr<BinlogDump> dump_;
  std::optional<std::span<const std::uint8_t>> first_;  ///< Valid until the dump's next event.
  const std::function<void()> on_close_;
  bool is_lost_ = false;
};

ConnectionOptions named(ConnectionOptions options) {
  if (options.instance.empty()) options.instance = base::random_id();
  return options;
}

}  // namespace

BinlogStreamOpener::BinlogStreamOpener(ConnectionOptions options, telemetry::Logger logger,
                                       OnServer on_server)
    : options_(named(std::move(options))),
      logger_(std::move(logger)),
      on_server_(std::move(on_server)),
      lock_(options_, logger_) {
  for (auto& address : options_.addresses()) servers_.push_back({std::move(address), {}});
}

base::Result<source::OpenedStream> BinlogStreamOpener::open(
    const std::optional<change::Position>& resume, const source::StartFrom& from,
    const std::stop_token& stop) {
  std::vector<base::Error> errors;
  for (const auto promoted : {Promoted::kWaitFor, Promoted::kTake}) {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const std::size_t index = (current_ + i) % servers_.size();
      Server& server = servers_[index];
      if (promoted == Promoted::kTake && !patience_is_over(server)) continue;
      auto opened = open_at(server, promoted, resume, from, stop);
      if (opened) {
        use(index, errors);
        return opened;
      }
      if (opened.error().code == ErrorCode::kCancelled || has_rival_) return opened;
      if (promoted == Promoted::kWaitFor) errors.push_back(std::move(opened.error()));
    }
  }
  return tl::unexpected(none_serves(errors));
}

void BinlogStreamOpener::use(std::size_t index, const std::vector<base::Error>& passed_over) {
  for (const auto& error : passed_over) {
    if (servers_.size() == 1) break;
    logger_.warn("A server of database.host is passed over.", {{"error", error.message}});
  }
  current_ = index;
  for (auto& server : servers_) server.promoted_since.reset();
  if (on_server_) on_server_(servers_[index].address);
}

base::Error BinlogStreamOpener::none_serves(const std::vector<base::Error>& errors) const {
  if (errors.size() == 1) return errors.front();
  base::Error error{errors.front().code, "none of the " + std::to_string(errors.size()) +
                                             " servers of database.host can be streamed from"};
  std::string separator = ": ";
  for (const auto& one : errors) {
    if (one.code == ErrorCode::kUnavailable) error.code = ErrorCode::kUnavailable;
    error.message += std::exchange(separator, "; ") + one.message;
  }
  return error;
}

bool BinlogStreamOpener::patience_is_over(const Server& server) const {
  return server.promoted_since &&
         std::chrono::steady_clock::now() - *server.promoted_since >= options_.failover_patience;
}

base::Result<void> BinlogStreamOpener::check_lacking(Server& server, Promoted promoted,
                                                     const StartPoint& start,
                                                     std::string_view target) {
  const std::string lacks =
      std::string(target) +
      ": the server lacks transactions that were read already: " + start.lacking;
  if (start.lacking.empty() || !start.was_promoted) {
    server.promoted_since.reset();
    if (start.lacking.empty()) return {};
    return base::fail(ErrorCode::kUnavailable,
                      lacks +
                          "; a replica that lags gets them, so it is asked again; if it never "
                          "does, go on from what it has: " +
                          reset_command("gtid:" + start.position.gtids.to_string()));
  }
  if (!server.promoted_since) server.promoted_since = std::chrono::steady_clock::now();
  if (promoted == Promoted::kTake) {
    logger_.error(
        "The server was promoted without transactions that were delivered already: they are not in "
        "the database any more. Going on behind the last that it has.",
        {{"server", std::string(target)},
         {"lacking", start.lacking},
         {"from", start.position.gtids.to_string()}});
    return {};
  }
  return base::fail(ErrorCode::kUnavailable,
                    lacks +
                        ", and has committed others since: it was promoted without them; "
                        "pikachu goes on here unless a server of database.host has them within "
                        "database.failover_patience (" +
                        std::to_string(options_.failover_patience.count()) + " ms)");
}

base::Result<source::OpenedStream> BinlogStreamOpener::open_at(
    Server& server, Promoted promoted, const std::optional<change::Position>& resume,
    const source::StartFrom& from, const std::stop_token& stop) {
  const ConnectionOptions options = options_.at(server.address);
  has_rival_ = false;
  auto session = Session::connect(options, logger_, stop);
  if (!session) return base::propagate(std::move(session));
  const std::string target = (*session)->target();
  auto facts = read_server_facts(**session, stop);
  if (!facts) return base::propagate(std::move(facts));
  if (auto fit = check_server(*facts, options.server_id, target); !fit) {
    return base::propagate(std::move(fit));
  }
  // Before any look at a file: for that, too, the server would end another's dump.
  if (auto ours = lock_.take(**session, *facts, stop); !ours) {
    has_rival_ = ours.error().code == ErrorCode::kInvalid;
    return base::propagate(std::move(ours));
  }

  StartFinder finder(**session, *facts);
  const auto time_of = [&](const std::string& file) {
    return file_time(options, *facts, file, stop);
  };
  auto start = resume ? finder.resumed(*resume, stop) : finder.first(from, time_of, stop);
  if (!start) return base::propagate(std::move(start));
  if (auto has_all = check_lacking(server, promoted, *start, target); !has_all) {
    return base::propagate(std::move(has_all));
  }

  DumpRequest request = request_for(*facts);
  request.shown_host = lock_.shown_host(*facts);
  request.file = start->position.file;
  request.offset = start->position.offset;
  if (start->by_gtid) request.gtids = start->position.gtids;
  auto dump = BinlogDump::start(std::move(*session), request, logger_, stop);
  if (!dump) return base::propagate(std::move(dump));
  auto first_event = (*dump)->next(stop);
  if (!first_event) return base::propagate(std::move(first_event));

  source::OpenedStream opened;
  opened.checksum_negotiated = (*dump)->checksum_negotiated();
  opened.events = std::make_unique<StartedStream>(
      std::move(*dump), *first_event, [lock = lock_, options, connection = facts->connection] {
        lock.give_back(options, connection);
      });
  opened.address = options.shown_address();
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

base::Result<std::int64_t> BinlogStreamOpener::file_time(const ConnectionOptions& options,
                                                         const ServerFacts& facts,
                                                         const std::string& file,
                                                         const std::stop_token& stop) const {
  // On a connection of its own: a dump never ends by itself.
  auto session = Session::connect(options, logger_, stop);
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
