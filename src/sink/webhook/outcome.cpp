#include "sink/webhook/outcome.h"

#include <algorithm>
#include <cerrno>

#include <curl/curl.h>

namespace pikachu::sink::webhook {
namespace {

constexpr std::chrono::seconds kLongestRetryAfter{3'600};

Blame classify_status(int status) {
  if (status >= 200 && status < 300) return Blame::kNobody;
  switch (status) {
    case 400:
    case 406:
    case 411:
    case 413:
    case 414:
    case 415:
    case 422:
    case 431:
      return Blame::kChange;
    default:
      return Blame::kEndpoint;
  }
}

bool is_local_shortage(int os_error) {
  switch (os_error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
      return true;  // Every local port towards that address is in use.
    default:
      return false;
  }
}

}  // namespace

Blame classify(const Reply& reply) {
  if (reply.status != 0) return classify_status(reply.status);
  if (is_local_shortage(reply.os_error)) return Blame::kLocal;
  switch (reply.curl_code) {
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return Blame::kLocal;
    default:
      return Blame::kEndpoint;
  }
}

bool is_overloaded(const Reply& reply) {
  switch (reply.status) {
    case 408:
    case 429:
    case 503:
    case 504:
      return true;
    case 0:
      return reply.curl_code == CURLE_OPERATION_TIMEDOUT;
    default:
      return false;
  }
}

std::optional<std::chrono::seconds> bounded_retry_after(const Reply& reply) {
  if (!reply.retry_after) return std::nullopt;
  return std::clamp(*reply.retry_after, std::chrono::seconds{0}, kLongestRetryAfter);
}

std::string_view to_string(Blame blame) {
  switch (blame) {
    case Blame::kNobody:
      return "delivered";
    case Blame::kEndpoint:
      return "endpoint";
    case Blame::kChange:
      return "change";
    case Blame::kLocal:
      return "local";
  }
  return "unknown";
}

std::string describe(const Reply& reply, std::string_view curl_message) {
  if (reply.status == 0) return std::string(curl_message);
  auto text = "HTTP " + std::to_string(reply.status);
  if (reply.status >= 300 && reply.status < 400) {
    text += " (redirects are not followed; write the address it leads to into callback_url)";
  } else if (reply.status == 401 || reply.status == 403) {
    text += " (check the task's credentials)";
  } else if (reply.status == 404 || reply.status == 410) {
    text += " (check the path of callback_url)";
  }
  return text;
}

}  // namespace pikachu::sink::webhook
