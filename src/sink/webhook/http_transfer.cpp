#include "sink/webhook/http_transfer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

#include "sink/webhook/curl_library.h"
#include "sink/webhook/endpoint_url.h"
#include "sink/webhook/http_engine.h"
#include "sink/webhook/reserved_headers.h"
#include "sink/webhook/socket_watch.h"

namespace pikachu::sink::webhook {
namespace {

static_assert(CURL_ERROR_SIZE == 256);

enum ChangingHeader : std::size_t { kIdLine, kTimestampLine, kAttemptLine, kChangingLines };

constexpr std::string_view kIdName = "webhook-id: ";
constexpr std::string_view kTimestampName = "webhook-timestamp: ";
constexpr std::string_view kAttemptName = "pikachu-attempt: ";

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110, section 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kMarks.find(c) != std::string_view::npos;
  });
}

void set_number(std::string& line, std::string_view name, std::int64_t number) {
  std::array<char, 20> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  line.assign(name).append(digits.data(), end);
}

// Sets options of one handle.
struct OptionSetter {
  const CurlFunctions& curl;
  CURL* const easy;

  template <typename Value>
  void operator()(CURLoption option, Value value) const {
    const auto code = curl.easy_setopt(easy, option, value);
    if (code != CURLE_OK) {
      throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " +
                               curl.easy_strerror(code));
    }
  }
};

}  // namespace

void require_valid_endpoint(const CurlFunctions& curl, const EndpointOptions& endpoint) {
  const auto complain = [&](const std::string& what) {
    throw std::runtime_error("task " + endpoint.task_id + ": " + what);
  };
  if (const auto url = printable_url(curl, endpoint.url); !url) {
    complain("callback_url is " + url.error().message);
  }
  if (has_control_character(endpoint.task_id)) {
    complain("task_id has a control character, which no header can carry; remove it");
  }
  if (has_control_character(endpoint.bearer_token)) {
    complain("the bearer token has a control character; is there a line break at its end?");
  }
  for (const auto& [name, value] : endpoint.headers) {
    if (!is_token(name)) complain("header \"" + name + "\" is not a header name");
    if (is_reserved_header(lower_case(name))) {
      complain("header " + name + " is set by pikachu itself; remove it from headers");
    }
    if (has_control_character(value)) {
      complain("the value of header " + name + " has a line break or control character; remove it");
    }
  }
}

/// What libcurl calls. `user` is the HttpTransfer, except where a socket may outlive it.
struct HttpTransfer::Callbacks {
  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* user) {
    auto& transfer = *static_cast<HttpTransfer*>(user);
    const std::string_view line(bytes, count);
    // An interim reply (100 Continue) has a header block of its own before the real one.
    if (line.starts_with("HTTP/")) transfer.has_whole_header_ = false;
    if (line == "\r\n" || line == "\n") transfer.has_whole_header_ = true;
    return count;
  }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* user) {
    auto& transfer = *static_cast<HttpTransfer*>(user);
    const auto room = kKeptReplyBytes - transfer.reply_body_.size();
    transfer.reply_body_.append(bytes, std::min(count, room));
    transfer.reply_bytes_ += count;
    return transfer.reply_bytes_ > kReadReplyBytes ? 0 : count;  // 0 aborts.
  }

  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<HttpTransfer*>(user);
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
      // An address family that is switched off is the address's fault: libcurl tries the next one.
      if (errno != EAFNOSUPPORT) transfer.socket_error_ = errno;
      return CURL_SOCKET_BAD;
    }
    transfer.socket_error_ = 0;
    transfer.sockets_.opened(fd);
    return fd;
  }

  static int close_socket(void* user, curl_socket_t fd) {
    static_cast<SocketWatch*>(user)->closed(fd);
    return ::close(fd);
  }
};

HttpTransfer::HttpTransfer(const EndpointOptions& endpoint, const WebhookOptions& options,
                           HttpEngine& engine)
    : curl_(engine.curl()),
      sockets_(engine.sockets()),
      easy_(curl_.easy_init(), curl_.easy_cleanup) {
  if (!easy_) throw std::runtime_error("libcurl has no memory for a transfer");
  set_endpoint(endpoint, options);
  set_headers(endpoint, options);
  set_callbacks();
}

HttpTransfer::~HttpTransfer() = default;

void HttpTransfer::set_endpoint(const EndpointOptions& endpoint, const WebhookOptions& options) {
  const OptionSetter set{curl_, easy_.get()};
  set(CURLOPT_URL, endpoint.url.c_str());
  set(CURLOPT_POST, 1L);
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // Else http_proxy of the environment would apply.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  // Else the end of a transfer waits for its DNS look-up, and the loop with all its endpoints.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(options.idle_connection_timeout.count()));
  set(CURLOPT_MAXLIFETIME_CONN, 600L);  // So that a changed address is followed.
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint.timeout.count()));
  set(CURLOPT_BUFFERSIZE, 4'096L);  // It is allocated anew for each transfer.
}

void HttpTransfer::set_headers(const EndpointOptions& endpoint, const WebhookOptions& options) {
  header_lines_.resize(kChangingLines);
  header_lines_.emplace_back("Expect:");  // None: it costs a round trip.
  header_lines_.emplace_back("pikachu-task: " + endpoint.task_id);
  header_lines_.emplace_back("Content-Type: application/json");
  if (options.is_replay) header_lines_.emplace_back("pikachu-replay: 1");
  for (const auto& [name, value] : endpoint.headers) {
    // libcurl takes "name:" as an order to leave the header out, "name;" as an empty one.
    header_lines_.emplace_back(name).append(value.empty() ? ";" : ": ").append(value);
  }
  if (!endpoint.bearer_token.empty()) {
    header_lines_.push_back("Authorization: Bearer " + endpoint.bearer_token);
  }

  // libcurl only reads the list, so its nodes can stay where they are, for every attempt.
  header_list_.resize(header_lines_.size());
  for (std::size_t i = 0; i < header_lines_.size(); ++i) {
    header_list_[i].data = header_lines_[i].data();
    header_list_[i].next = i + 1 < header_list_.size() ? &header_list_[i + 1] : nullptr;
  }
  OptionSetter{curl_, easy_.get()}(CURLOPT_HTTPHEADER, header_list_.data());
}

void HttpTransfer::set_callbacks() {
  const OptionSetter set{curl_, easy_.get()};
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_HEADERFUNCTION, &Callbacks::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Callbacks::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &Callbacks::close_socket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&sockets_));
}

void HttpTransfer::prepare(std::string_view id, std::string_view body, std::uint32_t attempt,
                           std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  header_lines_[kIdLine].assign(kIdName).append(id);
  set_number(header_lines_[kTimestampLine], kTimestampName, seconds);
  set_number(header_lines_[kAttemptLine], kAttemptName, attempt);
  for (std::size_t i = 0; i < kChangingLines; ++i) header_list_[i].data = header_lines_[i].data();

  auto* const easy = easy_.get();
  curl_.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_.easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  error_text_[0] = '\0';
  reply_body_.clear();
  reply_bytes_ = 0;
  has_whole_header_ = false;
  socket_error_ = 0;
  curl_code_ = 0;
}

Reply HttpTransfer::reply() const {
  auto* const easy = easy_.get();
  Reply reply;
  reply.curl_code = curl_code_;
  if (has_whole_header_) {
    long status = 0;
    curl_.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
  } else {
    long os_error = socket_error_;
    if (os_error == 0) curl_.easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    reply.os_error = static_cast<int>(os_error);
  }
  curl_off_t retry_after = 0;  // 0 also where there is no such header.
  curl_.easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  if (retry_after != 0) reply.retry_after = std::chrono::seconds(retry_after);
  return reply;
}

std::string_view HttpTransfer::failure_text() const {
  if (has_whole_header_ || curl_code_ == CURLE_OK) return {};
  if (error_text_[0] != '\0') return error_text_.data();
  return curl_.easy_strerror(static_cast<CURLcode>(curl_code_));
}

}  // namespace pikachu::sink::webhook
