#include "source/binlog_source.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>

namespace pikachu::source {

using base::ErrorCode;

namespace {

/// How long an XA transaction may be prepared before a person is told.
constexpr std::chrono::seconds kLongPrepared{60};

}  // namespace

BinlogSource::BinlogSource(const SourceOptions& options, std::optional<change::Position> resume,
                           TableFilter wanted, EventStreamOpener& opener, SchemaReader& schemas,
                           telemetry::Logger logger, telemetry::HealthBoard& health,
                           telemetry::Registry& registry)
    : start_from_(options.start_from),
      moved_pause_(options.moved_pause),
      opener_(opener),
      schemas_(schemas),
      logger_(std::move(logger)),
      health_(health),
      metrics_(registry),
      backoff_(options.reconnect_first, options.reconnect_cap, std::random_device{}()),
      resume_(std::move(resume)),
      assembler_(options, std::move(wanted), schemas,
                 [this](const Notice& notice) { report(notice); }) {
}

BinlogSource::~BinlogSource() = default;

void BinlogSource::report(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::kRolledBack:
      metrics_.rolled_back.Increment();
      logger_.debug("A transaction was rolled back.", {{"position", notice.where}});
      return;
    case Notice::Kind::kPreparedEarlier:
      logger_.info(
          "An XA transaction is committed whose rows were delivered before this stream began, or "
          "lie "
          "before its start.",
          {{"position", notice.where}, {"xid", notice.statement}});
      return;
    case Notice::Kind::kStatementFormat:
      metrics_.statement_format.Increment();
      logger_.warn(
          "A statement is in the binlog as text, so its row changes can't be delivered; set "
          "binlog_format=ROW for every session.",
          {{"position", notice.where}, {"statement", notice.statement}});
  }
}

base::Result<pipeline::SourceEvent> BinlogSource::next(const std::stop_token& stop) {
  while (true) {
    if (stop.stop_requested()) return base::fail(ErrorCode::kCancelled, "stopped");
    if (std::exchange(is_ahead_, false)) return pipeline::Passed{*resume_};
    if (std::exchange(has_moved_, false) && position_is_due()) return report_position();
    if (in_transaction_rows_) {
      const auto row = assembler_.next_row();
      // Rows before this one may be delivered already, so nothing may be tried again here.
      if (!row) return tl::unexpected(row.error());
      if (*row != nullptr) return pipeline::SourceEvent(*row);
      in_transaction_rows_ = false;
      return report_position();
    }
    const auto step = read_step(stop);
    if (!step) {
      if (auto recovered = recover(step.error(), stop); !recovered) {
        return base::propagate(std::move(recovered));
      }
      continue;
    }
    if (*step == TransactionAssembler::Step::kNothing) continue;
    watch_prepared();
    if (*step == TransactionAssembler::Step::kCommitted) {
      in_transaction_rows_ = true;
    } else {
      has_moved_ = true;
    }
    const auto held_so_far = assembler_.prepared().held_so_far();
    auto* newest = assembler_.newest_prepared();
    if (std::exchange(prepared_told_, held_so_far) != held_so_far && newest != nullptr) {
      return pipeline::Prepared{&newest->through};
    }
  }
}

bool BinlogSource::position_is_due() const {
  if (reported_at_ && std::chrono::steady_clock::now() - *reported_at_ < moved_pause_) return false;
  return assembler_.skipping() || resume_ != assembler_.position();
}

pipeline::SourceEvent BinlogSource::report_position() {
  reported_at_ = std::chrono::steady_clock::now();
  if (assembler_.skipping()) return pipeline::Passed{assembler_.position()};
  resume_ = assembler_.position();
  const auto* oldest = assembler_.prepared().oldest();
  is_ahead_ = oldest != nullptr;
  return pipeline::Commit{assembler_.safe_position(), is_ahead_,
                          is_ahead_ ? oldest->through : std::nullopt};
}

void BinlogSource::watch_prepared() {
  const auto* oldest = assembler_.prepared().oldest();
  if (oldest == nullptr && !has_prepared_) return;
  has_prepared_ = oldest != nullptr;
  metrics_.prepared.Set(static_cast<double>(assembler_.prepared().size()));
  if (oldest == nullptr) {
    metrics_.prepared_age.Set(0);
    return;
  }
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - oldest->since;
  metrics_.prepared_age.Set(age.count());
  if (age < kLongPrepared || reported_prepared_ == oldest->where) return;
  reported_prepared_ = oldest->where;
  logger_.warn(
      "An XA transaction is prepared, and neither committed nor rolled back: the saved position "
      "stays "
      "before it, and a restart reads all that came after it again; see XA RECOVER on the server.",
      {{"position", oldest->where},
       {"xid", oldest->xid},
       {"seconds", static_cast<std::int64_t>(age.count())}});
}

base::Result<TransactionAssembler::Step> BinlogSource::read_step(const std::stop_token& stop) {
  if (!events_) {
    if (auto connected = connect(stop); !connected) return base::propagate(std::move(connected));
    // What is logged from here on is ours even if nothing was saved before.
    return TransactionAssembler::Step::kMoved;
  }
  // Whoever had to know where it begins, and to save that, has done so.
  if (std::exchange(is_new_stream_, false)) health_.set_stream_connected(true);
  if (!pending_event_) {
    auto event = events_->next(stop);
    if (!event) {
      auto error = std::move(event.error());
      if (error.code != ErrorCode::kCancelled) disconnect(error.message);
      return tl::unexpected(std::move(error));
    }
    health_.stream_heard();
    metrics_.events.Increment();
    metrics_.bytes.Increment(static_cast<double>(event->size()));
    pending_event_ = *event;
  }
  auto step = assembler_.take(*pending_event_, stop);
  if (step) {
    pending_event_.reset();
    if (backoff_.failures() > 0) backoff_.reset();
  }
  return step;
}

base::Result<void> BinlogSource::connect(const std::stop_token& stop) {
  auto opened = opener_.open(resume_, start_from_, stop);
  if (!opened) {
    health_.set_stream_connected(false, opened.error().message);
    return base::propagate(std::move(opened));
  }
  const bool other_server = opened->start.server != assembler_.position().server;
  if (other_server && assembler_.prepared().oldest() != nullptr) {
    // What is kept came from another server. Its binlog is asked for all of it again.
    resume_ = assembler_.safe_position();
    assembler_.forget_prepared();
    opened->events.reset();
    return connect(stop);
  }
  if (resume_ && !resume_->server.empty() && resume_->server != opened->start.server) {
    logger_.warn(
        "Another server than before is streamed from.",
        {{"before", resume_->server}, {"now", opened->start.server}, {"address", opened->address}});
  }
  schemas_.reconnect();
  assembler_.restart(*opened);
  events_ = std::move(opened->events);
  pending_event_.reset();
  metrics_.connections.Increment();
  metrics_.connected.Set(1);
  health_.stream_heard();
  health_.set_stream_server(opened->address);
  health_.set_stream_connected(false, "saving where the stream begins");
  is_new_stream_ = true;
  logger_.info("Streaming the binlog.", {{"from", to_string(opened->start)},
                                         {"address", opened->address},
                                         {"server", opened->start.server},
                                         {"version", opened->start.server_version},
                                         {"resumed", resume_ ? "yes" : "no"}});
  return {};
}

void BinlogSource::disconnect(const std::string& problem) {
  if (events_ && !assembler_.skipping()) resume_ = assembler_.position();
  events_.reset();
  pending_event_.reset();
  metrics_.connected.Set(0);
  health_.set_stream_connected(false, problem);
}

base::Result<void> BinlogSource::recover(base::Error error, const std::stop_token& stop) {
  if (stop.stop_requested()) return base::fail(ErrorCode::kCancelled, "stopped");
  if (error.code != ErrorCode::kUnavailable) {
    disconnect(error.message);
    return tl::unexpected(std::move(error));
  }
  const auto pause = backoff_.next();
  logger_.warn("The binlog can't be read now; trying again.",
               {{"error", error.message},
                {"attempt", backoff_.failures()},
                {"retry_in_ms", pause.count()},
                {"from", resume_ ? to_string(*resume_) : std::string("the configured start")}});
  if (!wait(pause, stop)) return base::fail(ErrorCode::kCancelled, "stopped");
  return {};
}

bool BinlogSource::wait(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::unique_lock lock(wait_mutex_);
  wait_condition_.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace pikachu::source
