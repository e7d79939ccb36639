#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pikachu::sink::webhook {

/// In which order the changes of a task are delivered.
enum class Order : std::uint8_t {
  kKey,    ///< Changes of the same row one after the other; different rows side by side.
  kTable,  ///< One change of the task at a time.
  kNone,   ///< As fast as the endpoint takes them.
};

/// One task's endpoint.
struct EndpointOptions {
  std::string task_id;
  std::string url;                                           ///< Absolute, http or https.
  std::vector<std::pair<std::string, std::string>> headers;  ///< Added to each request.
  std::string bearer_token;                                  ///< "" : none.
  Order order = Order::kKey;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds timeout{30'000};  ///< Whole request.
  /// Attempts after the first, for failures that blame the change; then it is a dead letter.
  std::uint32_t max_retries = 3;
  std::chrono::milliseconds retry_first{5'000};  ///< Pauses between attempts grow from this …
  std::chrono::milliseconds retry_cap{60'000};   ///< … to this. Failures that blame the endpoint
                                                 ///< go on at this interval for ever.
  std::size_t max_in_flight = 64;                ///< Requests at a time to this endpoint.
  /// Changes that are accepted and not settled, and their bytes, at which no more are accepted.
  std::size_t queue_changes = 8'192;
  std::size_t queue_bytes = 64U << 20U;
};

struct WebhookOptions {
  std::vector<EndpointOptions> endpoints;  ///< In the order of the tasks.
  std::size_t loops = 1;                   ///< Delivery threads; endpoints are spread over them.
  /// Requests at a time, over all loops; an endpoint always has its share, and one at the least.
  std::size_t max_connections = 1'024;
  /// Kept-alive connections that were idle for longer are not used again.
  std::chrono::seconds idle_connection_timeout{50};
  std::string user_agent;  ///< "pikachu/2.0.0"
  bool is_replay = false;  ///< Requests say that they repeat what was sent before.
};

}  // namespace pikachu::sink::webhook
