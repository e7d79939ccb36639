#include "mysql/server_id_lock.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mysql/failure.h"
#include "mysql/result_table.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// A process that was stopped, or a connection that was closed, is through within it: nobody need be
// told.
constexpr seconds kGrace{1};
// How long the server may take to end a connection that was killed.
constexpr seconds kKilledEnds{5};
// The longest that one statement waits: much less than what a session takes for silence.
constexpr seconds kWaitAtOnce{10};

std::string get_lock(const std::string& name, seconds wait) {
  return "SELECT GET_LOCK('" + name + "', " + std::to_string(wait.count()) + ") AS got";
}

/// Whose a connection is, as far as our account may see: "connection 42 of user u from 10.0.0.5:4".
base::Result<std::string> describe(Session& session, const std::string& connection,
                                   const std::stop_token& stop) {
  // Not information_schema.PROCESSLIST: MySQL means to remove it.
  auto list = session.query("SHOW PROCESSLIST", stop);
  if (!list) return base::propagate(std::move(list));
  for (std::size_t row = 0; row < list->rows.size(); ++row) {
    if (list->text(row, "Id") != connection) continue;
    return "connection " + connection + " of user " + list->text(row, "User") + " from " +
           list->text(row, "Host");
  }
  return "connection " + connection +
         " (whose user and address an account without PROCESS may not see)";
}

// Not of the connection to it.
bool is_of_server(const Failure& failure) {
  return failure.cause == Failure::Cause::kServer && failure.number / 1000 != 2;
}

void remember(std::deque<std::string>& last, const std::string& connection) {
  constexpr std::size_t kMost = 8;
  last.push_back(connection);
  if (last.size() > kMost) last.pop_front();
}

}  // namespace

LockAnswer lock_answer(const Session::Outcome<ResultTable>& outcome) {
  if (outcome) {
    const std::string got = outcome->rows.empty() ? "" : outcome->text(0, "got");
    if (got == "1") return LockAnswer::kTaken;
    return got == "0" ? LockAnswer::kHeld : LockAnswer::kImpossible;
  }
  // ER_SERVER_SHUTDOWN, ER_QUERY_INTERRUPTED, ER_CONNECTION_KILLED
  constexpr std::array<unsigned int, 3> kEnded{1053, 1317, 1927};
  const Failure& failure = outcome.error();
  const bool is_lost = !is_of_server(failure) ||
                       std::find(kEnded.begin(), kEnded.end(), failure.number) != kEnded.end();
  return is_lost ? LockAnswer::kLost : LockAnswer::kImpossible;
}

ServerIdLock::ServerIdLock(const ConnectionOptions& options, telemetry::Logger logger)
    : server_id_(options.server_id),
      instance_(options.instance),
      patience_(3 * options.heartbeat),
      lock_("pikachu.server_id." + std::to_string(server_id_)),
      name_(lock_ + "." + instance_),
      logger_(std::move(logger)) {
}

std::string ServerIdLock::shown_host(const ServerFacts& facts) const {
  return facts.has_many_named_locks() ? "pikachu" : "pikachu-" + instance_;
}

base::Result<void> ServerIdLock::take(Session& session, const ServerFacts& facts,
                                      const std::stop_token& stop) {
  remember(own_[facts.identity].last, facts.connection);
  const auto deadline = Clock::now() + patience_;
  seconds wait{0};
  bool ended = false;
  bool said = false;
  for (bool is_first = true;; is_first = false) {
    const auto got = session.try_query(get_lock(lock_, wait), stop);
    const LockAnswer answer = lock_answer(got);
    if (answer == LockAnswer::kLost) {
      return tl::unexpected(to_error(got.error(), session.target()));
    }
    if (answer == LockAnswer::kImpossible && is_first) {
      go_without(session, got ? "GET_LOCK returned NULL" : got.error().text);
      return {};
    }
    if (answer == LockAnswer::kTaken) return take_name(session, facts, stop);

    const auto holder = look(session, facts, stop);
    if (!holder) return tl::unexpected(holder.error());
    const auto left = std::chrono::ceil<seconds>(deadline - Clock::now());
    const bool is_over = answer == LockAnswer::kImpossible || (!is_first && left <= seconds(0));
    if (is_over && (ended || !holder->is_ours)) return refuse(session, *holder, stop);
    if (holder->is_ours) {
      if (auto done = end(session, *holder, stop); !done) return done;
      ended = true;
      wait = kKilledEnds;
    } else if (is_first || holder->connection.empty()) {
      wait = kGrace;
    } else {
      if (!std::exchange(said, true)) {
        auto who = describe(session, holder->connection, stop);
        if (!who) return base::propagate(std::move(who));
        logger_.warn("Another connection holds database.server_id; waiting for it to end.",
                     {{"server_id", server_id_}, {"holder", *who}, {"ms", patience_.count()}});
      }
      wait = std::min(kWaitAtOnce, left);
    }
  }
}

std::string ServerIdLock::get_holders() const {
  return "SELECT IS_USED_LOCK('" + lock_ + "') AS holder, IS_USED_LOCK('" + name_ + "') AS ours";
}

base::Result<ServerIdLock::Holder> ServerIdLock::look(Session& session, const ServerFacts& facts,
                                                      const std::stop_token& stop) const {
  auto used = session.query(get_holders(), stop);
  if (!used) return base::propagate(std::move(used));
  Holder holder;
  if (!used->rows.empty()) holder.connection = used->text(0, "holder");
  if (holder.connection.empty()) return holder;
  holder.has_our_name = holder.connection == used->text(0, "ours");
  if (!facts.has_many_named_locks()) {
    auto is_shown = is_shown_as_ours(session, facts, stop);
    if (!is_shown) return base::propagate(std::move(is_shown));
    holder.has_our_name = *is_shown;
  }
  // Who has taken it since we did is no predecessor of ours, whatever its name: it lives on a copy
  // of our state, and the two of us would end each other for ever.
  const Own& own = own_.at(facts.identity);
  const bool is_since = own.had_lock && !own.includes(holder.connection);
  holder.is_ours = holder.has_our_name && !is_since;
  return holder;
}

base::Result<bool> ServerIdLock::is_shown_as_ours(Session& session, const ServerFacts& facts,
                                                  const std::stop_token& stop) const {
  // It has one row for each server_id, which is of the lock's holder: that one registers after it
  // took the lock.
  const auto hosts = session.try_query("SHOW SLAVE HOSTS", stop);
  if (!hosts && is_access_denied(hosts.error())) return false;
  if (!hosts) return tl::unexpected(to_error(hosts.error(), session.target()));
  for (std::size_t row = 0; row < hosts->rows.size(); ++row) {
    if (hosts->text(row, "Server_id") != std::to_string(server_id_)) continue;
    return hosts->text(row, "Host") == shown_host(facts);
  }
  return false;
}

base::Result<void> ServerIdLock::end(Session& session, const Holder& holder,
                                     const std::stop_token& stop) const {
  const auto killed = session.try_query("KILL " + holder.connection, stop);
  if (killed) {
    logger_.info(
        "An earlier connection of this pikachu was still open on the server, and is ended.",
        {{"server_id", server_id_}, {"connection", holder.connection}});
    return {};
  }
  // Gone by itself; or another user's, because database.user was changed, and then the server will
  // notice at some time that it is dead.
  if (is_of_server(killed.error())) return {};
  return tl::unexpected(to_error(killed.error(), session.target()));
}

base::Result<void> ServerIdLock::take_name(Session& session, const ServerFacts& facts,
                                           const std::stop_token& stop) {
  own_[facts.identity].had_lock = true;
  // A second lock would release the first.
  if (!facts.has_many_named_locks()) return {};
  const auto got = session.try_query(get_lock(name_, kKilledEnds), stop);
  const LockAnswer answer = lock_answer(got);
  if (answer == LockAnswer::kLost) return tl::unexpected(to_error(got.error(), session.target()));
  if (answer != LockAnswer::kTaken) {
    logger_.warn(
        "The instance's lock can't be taken: a restart after a crash will wait until the server "
        "has noticed that this connection is dead.",
        {{"lock", name_}});
  }
  return {};
}

base::Result<void> ServerIdLock::refuse(Session& session, const Holder& holder,
                                        const std::stop_token& stop) const {
  const std::string what =
      session.target() + ": database.server_id " + std::to_string(server_id_) + " is in use: ";
  if (holder.connection.empty()) {
    return base::fail(ErrorCode::kUnavailable,
                      what + "it changes hands at this moment; it is asked for again");
  }
  auto who = describe(session, holder.connection, stop);
  if (!who) return base::propagate(std::move(who));
  if (holder.is_ours) {
    return base::fail(ErrorCode::kUnavailable,
                      what + *who +
                          " is an earlier one of this pikachu, and does not end; it is asked for "
                          "again; or end it on the server: KILL " +
                          holder.connection + ";");
  }
  return base::fail(
      ErrorCode::kInvalid,
      what + *who + " holds it, so another pikachu streams with it" +
          (holder.has_our_name ? ", on a copy of this state directory" : "") +
          "; stop that one, or give this one another database.server_id; if the machine that held "
          "it is dead, end its connection on the server: KILL " +
          holder.connection + ";");
}

void ServerIdLock::give_back(ConnectionOptions options, const std::string& connection) const {
  constexpr std::chrono::milliseconds kPatience{1'000};
  options.connect_timeout = std::min(options.connect_timeout, kPatience);
  // What there is to warn about was said when the stream was opened.
  const auto session = Session::connect(options, telemetry::Logger(), {});
  if (!session) return;
  (*session)->limit_silence(kPatience);
  const auto used = (*session)->try_query(get_holders(), {});
  if (!used || used->rows.empty() || used->text(0, "holder") != connection) return;
  static_cast<void>((*session)->try_query("KILL " + connection, {}));
}

void ServerIdLock::go_without(const Session& session, const std::string& reason) {
  if (std::exchange(warned_, true)) return;
  logger_.warn(
      "The server gives no named lock: another pikachu with the same database.server_id would not "
      "be noticed.",
      {{"target", session.target()}, {"error", reason}});
}

bool ServerIdLock::Own::includes(const std::string& connection) const {
  return std::find(last.begin(), last.end(), connection) != last.end();
}

}  // namespace pikachu::mysql
