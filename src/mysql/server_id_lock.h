#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "mysql/connection_options.h"
#include "mysql/server_facts.h"
#include "mysql/session.h"
#include "telemetry/logger.h"

namespace pikachu::mysql {

/// Keeps a server_id on a server for one instance: two that stream with the same one would end each
/// other's streams by turns.
///
/// A named lock of the server, "pikachu.server_id.<N>", which takes no privilege. The session that
/// streams holds it, so the server gives it back when that connection ends; but of a client that is
/// dead the server hears late, at its next heartbeats or after minutes. So the session holds a
/// second lock, whose name has the instance too: a holder that bears our own name is an earlier
/// connection of ours, and is ended. See docs/adr/0013.
///
/// Threads: one owner.
/// Spec: MySQL 9 Reference Manual, "Locking Functions"; MariaDB Knowledge Base, "GET_LOCK".
class ServerIdLock {
 public:
  /// REQUIRES: options.instance is not empty.
  ServerIdLock(const ConnectionOptions& options, telemetry::Logger logger);

  /// Takes the lock for as long as `session` lives. Another's lock is waited for, three heartbeats
  /// long. A server that gives no locks is warned about, once, and that is all.
  /// Errors: kInvalid if another instance holds it, with who that is, and for nothing else;
  /// kUnavailable if an earlier connection of ours does not end, or the session is lost;
  /// kCancelled.
  base::Result<void> take(Session& session, const ServerFacts& facts, const std::stop_token& stop);

  /// Ends `connection`, if it holds the lock, where our own end of it is closed already: the server
  /// would notice at its second heartbeat only. A second or two at most; without success that is
  /// so.
  void give_back(ConnectionOptions options, const std::string& connection) const;

  /// What SHOW REPLICAS shows as our host. Where a session can have but one lock (MySQL 5.6) it has
  /// the instance.
  std::string shown_host(const ServerFacts& facts) const;

 private:
  struct Holder {
    std::string connection;  ///< Its number; "" if it has just ended.
    bool has_our_name = false;
    bool is_ours = false;  ///< And is no copy of us.
  };
  /// The connections of this very process to one server.
  struct Own {
    std::deque<std::string> last;
    bool had_lock = false;
    bool includes(const std::string& connection) const;
  };

  std::string get_holders() const;
  base::Result<Holder> look(Session& session, const ServerFacts& facts,
                            const std::stop_token& stop) const;
  base::Result<bool> is_shown_as_ours(Session& session, const ServerFacts& facts,
                                      const std::stop_token& stop) const;
  base::Result<void> end(Session& session, const Holder& holder, const std::stop_token& stop) const;
  base::Result<void> take_name(Session& session, const ServerFacts& facts,
                               const std::stop_token& stop);
  base::Result<void> refuse(Session& session, const Holder& holder,
                            const std::stop_token& stop) const;
  void go_without(const Session& session, const std::string& reason);

  const std::uint32_t server_id_;
  const std::string instance_;
  const std::chrono::milliseconds patience_;
  const std::string lock_;  ///< The server_id's.
  const std::string name_;  ///< The instance's.
  const telemetry::Logger logger_;
  std::map<std::string, Own> own_;  ///< By ServerFacts::identity.
  bool warned_ = false;
};

/// What a server's answer to SELECT GET_LOCK(…) AS got means.
enum class LockAnswer : std::uint8_t {
  kTaken,
  kHeld,        ///< By another session.
  kImpossible,  ///< The server gives no locks, or ended the wait.
  kLost,        ///< The session is of no more use.
};
LockAnswer lock_answer(const Session::Outcome<ResultTable>& outcome);

}  // namespace pikachu::mysql
