#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sink/webhook/outcome.h"
#include "sink/webhook/webhook_options.h"

struct curl_slist;

namespace pikachu::sink::webhook {

class HttpEngine;
class SocketWatch;
struct CurlFunctions;

/// Checks what of `endpoint` libcurl would not: the URL, and that no header forges another one or
/// takes the place of one that the sender answers for. Throws std::runtime_error that names the
/// task and the header, never its value.
void require_valid_endpoint(const CurlFunctions& curl, const EndpointOptions& endpoint);

/// One POST to one endpoint, over and over again: everything that stays the same is set up once.
///
/// Sent: the body, `Content-Type: application/json`, the user agent, and
///
///     webhook-id: <id>            webhook-timestamp: <seconds since 1970, of this attempt>
///     pikachu-task: <task id>     pikachu-attempt: <n from 1>
///
/// in a replay also `pikachu-replay: 1`, then the task's own headers. Redirects are not followed,
/// proxies of the environment not used. Of the reply the status counts, and the first 2 KiB of its
/// body are kept; past 64 KiB the connection is cut.
///
/// Spec: Standard Webhooks 1.0, "Webhook metadata".
/// Threads: one owner. Lifetime: not movable; `endpoint` and `engine` must outlive it.
class HttpTransfer {
 public:
  static constexpr std::size_t kKeptReplyBytes = 2U << 10U;
  static constexpr std::size_t kReadReplyBytes = 64U << 10U;

  /// Throws std::runtime_error if libcurl has no memory left.
  HttpTransfer(const EndpointOptions& endpoint, const WebhookOptions& options, HttpEngine& engine);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// Gets ready for the next attempt. Lifetime: `body` must live until the transfer is finished.
  void prepare(std::string_view id, std::string_view body, std::uint32_t attempt,
               std::chrono::system_clock::time_point now);

  /// What came of it. REQUIRES: HttpEngine has returned it as finished.
  Reply reply() const;
  /// The beginning of the reply's body.
  std::string_view reply_body() const { return reply_body_; }
  /// Why there was no reply, for a person; "" if there was one. It holds no secret.
  std::string_view failure_text() const;

 private:
  friend class HttpEngine;
  struct Callbacks;
  void set_endpoint(const EndpointOptions& endpoint, const WebhookOptions& options);
  void set_headers(const EndpointOptions& endpoint, const WebhookOptions& options);
  void set_callbacks();

  const CurlFunctions& curl_;
  SocketWatch& sockets_;
  std::unique_ptr<void, void (*)(void*)> easy_;  ///< A CURL*.
  std::vector<std::string> header_lines_;        ///< The first three change with each attempt.
  std::vector<curl_slist> header_list_;          ///< One node for each line.
  std::array<char, 256> error_text_{};           ///< CURL_ERROR_SIZE.
  std::string reply_body_;
  std::size_t reply_bytes_ = 0;
  bool has_whole_header_ = false;
  int socket_error_ = 0;  ///< errno of socket().
  int curl_code_ = 0;
};

}  // namespace pikachu::sink::webhook
