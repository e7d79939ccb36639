#include "sink/webhook/http_engine.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <curl/curl.h>
#include <sys/epoll.h>

namespace pikachu::sink::webhook {

CurlLibrary::CurlLibrary() {
  const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    throw std::runtime_error(std::string("libcurl does not start: ") + curl_easy_strerror(code));
  }
}

CurlLibrary::~CurlLibrary() {
  curl_global_cleanup();
}

/// What libcurl calls to say what it waits for. They only take note.
struct HttpEngine::Callbacks {
  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    std::uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    static_cast<HttpEngine*>(user)->sockets_.want(fd, events);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    auto& timer = static_cast<HttpEngine*>(user)->timer_;
    if (timeout_ms < 0) {
      timer.reset();
    } else {
      timer = Clock::now() + std::chrono::milliseconds(timeout_ms);
    }
    return 0;
  }
};

void HttpEngine::MultiDeleter::operator()(void* multi) const noexcept {
  curl_multi_cleanup(multi);
}

HttpEngine::HttpEngine(std::size_t max_connections, const base::WakeEvent& wake)
    : wake_(wake), multi_(curl_multi_init()) {
  if (!multi_) throw std::runtime_error("libcurl has no memory for a multi handle");
  auto* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Callbacks::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Callbacks::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, static_cast<void*>(this));
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  // Else libcurl keeps four times as many as there are transfers, and forgets them as these end.
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(max_connections));
  sockets_.want(wake_.fd(), EPOLLIN);
}

HttpEngine::~HttpEngine() {
  // Closing connections calls back; there is nobody to tell any more.
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
}

void HttpEngine::start(HttpTransfer& transfer) {
  const auto code = curl_multi_add_handle(multi_.get(), transfer.easy_.get());
  if (code == CURLM_OK) return;
  // Only for want of memory: it ends like any other transfer.
  transfer.curl_code_ = CURLE_OUT_OF_MEMORY;
  stillborn_.push_back(&transfer);
}

void HttpEngine::cancel(HttpTransfer& transfer) {
  std::erase(stillborn_, &transfer);
  curl_multi_remove_handle(multi_.get(), transfer.easy_.get());
}

void HttpEngine::wait(std::optional<Clock::time_point> until,
                      std::vector<HttpTransfer*>& finished) {
  auto* const multi = multi_.get();
  int running = 0;
  // New transfers set the timer to now: they must be under way before the waiting begins.
  const auto run_timer = [&](Clock::time_point now) {
    if (!timer_ || *timer_ > now) return;
    timer_.reset();
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  };
  const auto started = Clock::now();
  run_timer(started);
  take_finished(finished);

  if (timer_ && (!until || *timer_ < *until)) until = timer_;
  auto timeout = std::chrono::nanoseconds(-1);
  if (until) timeout = std::max<std::chrono::nanoseconds>(*until - started, {});
  if (!finished.empty()) timeout = {};
  for (const auto& [fd, events] : sockets_.wait(timeout)) {
    if (fd == wake_.fd()) {
      wake_.clear();
      continue;
    }
    int mask = 0;
    if ((events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi, fd, mask, &running);
  }
  run_timer(Clock::now());
  take_finished(finished);
}

void HttpEngine::take_finished(std::vector<HttpTransfer*>& finished) {
  finished.insert(finished.end(), stillborn_.begin(), stillborn_.end());
  stillborn_.clear();
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto* const easy = message->easy_handle;
    const auto code = message->data.result;
    char* user = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    curl_multi_remove_handle(multi_.get(), easy);  // Invalidates the message.
    auto* const transfer = static_cast<HttpTransfer*>(static_cast<void*>(user));
    transfer->curl_code_ = code;
    finished.push_back(transfer);
  }
}

}  // namespace pikachu::sink::webhook
