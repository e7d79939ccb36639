#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pikachu::sink::webhook {

/// What came of one attempt, as far as it matters for what happens next.
struct Reply {
  /// HTTP status; 0 unless the whole header block arrived.
  int status = 0;
  /// libcurl's CURLcode. It counts only without a status: a reply whose body failed is a reply.
  int curl_code = 0;
  /// errno of the system call that failed, 0 if none did.
  int os_error = 0;
  /// The Retry-After header, as the endpoint sent it: it may be negative (a date that is past).
  std::optional<std::chrono::seconds> retry_after;
};

/// Who is answerable for the outcome of an attempt.
enum class Blame : std::uint8_t {
  kNobody,    ///< 2xx: delivered.
  kEndpoint,  ///< It would have met any change: keep this one and try again, for as long as it
              ///< takes.
  kChange,    ///< The endpoint refuses this change: its retries are numbered.
  kLocal,     ///< This machine is short of something: nobody's budget is touched.
};

/// Judges one attempt. A status decides, if there is one:
///
///     2xx                                      nobody
///     400 406 411 413 414 415 422 431          the change
///     every other status, redirects included   the endpoint
///
/// Without a status: out of descriptors, ports or memory is local; the rest is the endpoint's.
/// 401, 403, 404 and 410 blame the endpoint because outages and bad deployments answer so too.
Blame classify(const Reply& reply);

/// Whether the endpoint says, in so many words or by its silence, that it gets too much at a time:
/// 429, 503, 504, 408 or a timeout.
bool is_overloaded(const Reply& reply);

/// Retry-After within [0, 1 h]; nothing if the endpoint sent none.
std::optional<std::chrono::seconds> bounded_retry_after(const Reply& reply);

/// "delivered", "endpoint", "change", "local": the label `outcome` of the metrics.
std::string_view to_string(Blame blame);

/// What happened, for a person: "HTTP 503", "HTTP 301 (redirects are not followed; …)", or
/// `curl_message` where there is no status.
std::string describe(const Reply& reply, std::string_view curl_message);

}  // namespace pikachu::sink::webhook
