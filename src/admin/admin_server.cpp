#include "admin/admin_server.h"

#include <cerrno>
#include <exception>
#include <latch>
#include <system_error>
#include <utility>

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "admin/health_report.h"
#include "base/thread_name.h"

namespace pikachu::admin {
namespace {

constexpr std::size_t kThreads = 4;
// How long a client may take to say something: a silent one holds a thread for that long, also at
// the end of the program.
constexpr std::time_t kPatienceSeconds = 2;

constexpr int kOk = 200;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kUnsupportedMediaType = 415;
constexpr int kInternalError = 500;
constexpr int kServiceUnavailable = 503;

constexpr const char* kJsonType = "application/json";
constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kLivePath = "/health/live";
constexpr const char* kReadyPath = "/health/ready";
constexpr const char* kMetricsPath = "/metrics";
constexpr std::string_view kApiPrefix = "/api/";
constexpr std::size_t kLongestBody = 1U << 20U;

void set_json(httplib::Response& response, int status, const std::string& body) {
  response.status = status;
  response.set_content(body, kJsonType);
}

std::string to_line(const nlohmann::ordered_json& body) {
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string error_body(const std::string& error, const std::string& health_path) {
  nlohmann::ordered_json body;
  body["error"] = error;
  body["paths"] = {health_path, kLivePath, kReadyPath, kMetricsPath};
  return to_line(body);
}

std::string error_body(const std::string& error) {
  nlohmann::ordered_json body;
  body["error"] = error;
  return to_line(body);
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

// cpp-httplib would set SO_REUSEPORT, with which two servers share a port and neither notices.
void set_socket_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

std::string what_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

AdminServer::AdminServer(AdminOptions options, const telemetry::HealthBoard& health,
                         telemetry::Registry& registry, std::function<std::string()> tasks_json,
                         std::string version, telemetry::Logger log)
    : options_(std::move(options)),
      health_(health),
      registry_(registry),
      tasks_json_(std::move(tasks_json)),
      version_(std::move(version)),
      log_(std::move(log)),
      metrics_(registry, version_) {
}

AdminServer::~AdminServer() {
  stop();
}

base::Result<void> AdminServer::start() {
  server_ = std::make_unique<httplib::Server>();
  server_->set_socket_options(set_socket_options);
  server_->set_keep_alive_max_count(1);
  server_->set_keep_alive_timeout(kPatienceSeconds);
  server_->set_read_timeout(kPatienceSeconds);
  server_->set_write_timeout(kPatienceSeconds);
  // Before routing, because httplib's routes are regular expressions and the health path is the
  // operator's text; and before the body of a request, if it has one, is read.
  server_->set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        return answer(request, response) ? httplib::Server::HandlerResponse::Handled
                                         : httplib::Server::HandlerResponse::Unhandled;
      });
  server_->set_payload_max_length(kLongestBody);
  server_->Post("/api/.*", [this](const httplib::Request& request, httplib::Response& response) {
    answer_api(request, response);
  });
  server_->set_exception_handler([this](const httplib::Request& request,
                                        httplib::Response& response,
                                        const std::exception_ptr& thrown) {
    log_.error("A request to the admin server failed.",
               {{"path", request.path}, {"error", what_of(thrown)}});
    set_json(response, kInternalError,
             error_body("internal error; see the log", options_.health_path));
  });

  errno = 0;
  const int port = options_.port == 0 ? server_->bind_to_any_port(options_.host)
                   : server_->bind_to_port(options_.host, options_.port) ? int{options_.port}
                                                                         : -1;
  if (port <= 0) {
    const int error = errno;
    server_.reset();
    return tl::unexpected(cannot_listen(error));
  }
  port_ = static_cast<std::uint16_t>(port);

  // httplib makes its queue once it counts as running; a stop() before that would be ignored.
  // Shared: start() may be gone while the other thread is still inside count_down().
  const auto running = std::make_shared<std::latch>(1);
  server_->new_task_queue = [running] {
    auto threads = std::make_unique<httplib::ThreadPool>(kThreads);
    running->count_down();
    return threads.release();
  };
  thread_ = std::jthread([this] {
    base::set_thread_name("admin");
    if (!server_->listen_after_bind()) {
      log_.error("The admin server cannot accept connections any more.", {{"port", port_}});
    }
  });
  running->wait();
  log_.info("The admin server listens.", {{"host", options_.host}, {"port", port_}});
  return {};
}

void AdminServer::stop() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

base::Error AdminServer::cannot_listen(int error) const {
  std::string message = "cannot listen on " + options_.host + ":" + std::to_string(options_.port);
  if (error != 0) message += ": " + std::generic_category().message(error);
  switch (error) {
    case EADDRINUSE:
      message += "; stop what holds the port, or set server.port to a free one";
      break;
    case EACCES:
      message += "; set server.port to 1024 or above, or allow this one";
      break;
    default:
      message += "; set server.host to an address of this machine, 0.0.0.0 for all";
      break;
  }
  return base::Error{base::ErrorCode::kInvalid, std::move(message)};
}

bool AdminServer::answer(const httplib::Request& request, httplib::Response& response) {
  response.set_header("Cache-Control", "no-store");
  if (api_ && request.path.starts_with(kApiPrefix)) {
    if (!may_use_api(request, response)) return true;
    if (request.method == "POST") return false;
    answer_api(request, response);
  } else if (request.method != "GET" && request.method != "HEAD") {
    response.set_header("Allow", "GET, HEAD");
    set_json(response, kMethodNotAllowed,
             error_body("method " + request.method + " is not allowed; use GET or HEAD",
                        options_.health_path));
  } else if (request.path == options_.health_path) {
    const auto health = health_.snapshot();
    set_json(response, health.up() ? kOk : kServiceUnavailable, health_report(health, version_));
  } else if (request.path == kLivePath) {
    const auto health = health_.snapshot();
    set_json(response, is_live(health) ? kOk : kServiceUnavailable, live_report(health));
  } else if (request.path == kReadyPath) {
    const auto health = health_.snapshot();
    set_json(response, health.up() ? kOk : kServiceUnavailable, ready_report(health));
  } else if (request.path == kMetricsPath) {
    answer_metrics(request, response);
  } else {
    set_json(response, kNotFound, error_body("no such path", options_.health_path));
  }
  return true;
}

// A browser on this machine is on this machine, whatever page it shows: it names the page's origin
// with every POST, and asks before it sends JSON to another one.
bool AdminServer::may_use_api(const httplib::Request& request, httplib::Response& response) const {
  if (!is_loopback(request.remote_addr)) {
    set_json(response, kForbidden,
             error_body("/api/ answers only clients on this machine, not " + request.remote_addr +
                        "; connect to 127.0.0.1 there, or use pikachu deadletters"));
  } else if (request.has_header("Origin")) {
    set_json(response, kForbidden,
             error_body("/api/ answers no web pages; leave the header Origin out"));
  } else if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    response.set_header("Allow", "GET, HEAD, POST");
    set_json(response, kMethodNotAllowed,
             error_body("method " + request.method + " is not allowed; use GET, HEAD or POST"));
  } else if (request.method == "POST" &&
             !request.get_header_value("Content-Type").starts_with(kJsonType)) {
    set_json(response, kUnsupportedMediaType,
             error_body("the body must be JSON; send it with Content-Type: application/json"));
  } else {
    return true;
  }
  return false;
}

void AdminServer::answer_api(const httplib::Request& request, httplib::Response& response) {
  ApiRequest asked{request.method, request.path, {}, request.body};
  for (const auto& [name, value] : request.params) asked.parameters.try_emplace(name, value);
  auto reply = api_(asked);
  set_json(response, reply.status, reply.json + "\n");
}

void AdminServer::answer_metrics(const httplib::Request& request, httplib::Response& response) {
  const auto health = health_.snapshot();
  if (request.get_header_value("Accept").find(kJsonType) != std::string::npos) {
    set_json(response, kOk, metrics_report(health, tasks_json_ ? tasks_json_() : "[]"));
    return;
  }
  const std::lock_guard lock(mutex_);
  metrics_.refresh(health);
  response.status = kOk;
  response.set_content(telemetry::to_prometheus_text(registry_), kPrometheusType);
}

}  // namespace pikachu::admin
