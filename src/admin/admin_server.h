#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "admin/admin_metrics.h"
#include "admin/admin_options.h"
#include "admin/api.h"
#include "base/result.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace pikachu::admin {

/// The HTTP server for operators: health, readiness, metrics, which only read; and an Api, which
/// may change things. It knows nobody's name, so the Api answers only clients on this machine, and
/// no web page: rows of customers are in what it shows.
///
/// It answers from the moment start() returns, whatever state the rest is in, so start it first and
/// stop it last. Four threads of its own, asleep while nobody asks; one request per connection, so
/// that idle clients cannot hold them.
///
/// Threads: start() and stop() by the owner; port() from any thread.
/// Lifetime: all that the constructor refers to outlives this.
/// Spec: docs/reference/http.md.
class AdminServer {
 public:
  /// `tasks_json` returns the tasks and their state as a JSON array; it is called by the server's
  /// threads, several at a time.
  AdminServer(AdminOptions options, const telemetry::HealthBoard& health,
              telemetry::Registry& registry, std::function<std::string()> tasks_json,
              std::string version, telemetry::Logger log);
  /// As stop().
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Answers paths below /api/; without it there are none. REQUIRES: not started before.
  void set_api(Api api) { api_ = std::move(api); }

  /// Begins to listen. REQUIRES: not started before.
  /// Errors: kInvalid if host and port cannot be listened on, naming them and the remedy.
  base::Result<void> start();

  /// The port that it listens on, also where the options said 0. REQUIRES: started.
  std::uint16_t port() const { return port_; }

  /// Ends what is in progress and stops to listen. A second call does nothing.
  void stop();

 private:
  /// Returns false if the request's body is to be read first, and answer_api() is to follow.
  bool answer(const httplib::Request& request, httplib::Response& response);
  void answer_api(const httplib::Request& request, httplib::Response& response);
  bool may_use_api(const httplib::Request& request, httplib::Response& response) const;
  void answer_metrics(const httplib::Request& request, httplib::Response& response);
  base::Error cannot_listen(int error) const;

  const AdminOptions options_;
  const telemetry::HealthBoard& health_;
  telemetry::Registry& registry_;
  const std::function<std::string()> tasks_json_;
  const std::string version_;
  const telemetry::Logger log_;
  Api api_;
  std::uint16_t port_ = 0;

  std::mutex mutex_;
  AdminMetrics metrics_;  ///< Guarded by mutex_.

  std::unique_ptr<httplib::Server> server_;
  std::jthread thread_;
};

}  // namespace pikachu::admin
