#include "sink/webhook/http_engine.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sys/epoll.h>

#include "sink/webhook/curl_library.h"

namespace pikachu::sink::webhook {
namespace {

constexpr auto kNever = HttpEngine::Clock::time_point::max();

}  // namespace

/// What libcurl calls to say what it waits for. They only take note.
struct HttpEngine::Callbacks {
  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    std::uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    const auto& pool = *static_cast<const Pool*>(user);
    auto& owners = pool.engine.pool_of_socket_;
    const auto index = static_cast<std::size_t>(fd);
    if (index >= owners.size()) owners.resize(index + 64);
    owners[index] = pool.number;
    pool.engine.sockets_.want(fd, events);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    const auto& pool = *static_cast<const Pool*>(user);
    pool.engine.timers_[pool.number] =
        timeout_ms < 0 ? kNever : Clock::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }
};

void HttpEngine::MultiDeleter::operator()(void* multi) const noexcept {
  // Closing connections calls back; there is nobody to tell any more.
  curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, nullptr);
  curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, nullptr);
  curl.multi_cleanup(multi);
}

HttpEngine::HttpEngine(const CurlFunctions& curl, const base::WakeEvent& wake)
    : curl_(curl), wake_(wake) {
  sockets_.want(wake_.fd(), EPOLLIN);
}

HttpEngine::~HttpEngine() = default;

void HttpEngine::add_pool(std::size_t max_connections) {
  auto pool =
      std::make_unique<Pool>(Pool{*this, pools_.size(), {curl_.multi_init(), MultiDeleter{curl_}}});
  auto* const multi = pool->multi.get();
  if (multi == nullptr) throw std::runtime_error("libcurl has no memory for a multi handle");
  curl_.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Callbacks::on_socket);
  curl_.multi_setopt(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(pool.get()));
  curl_.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Callbacks::on_timer);
  curl_.multi_setopt(multi, CURLMOPT_TIMERDATA, static_cast<void*>(pool.get()));
  curl_.multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  // Else libcurl keeps four times as many as there are transfers, and forgets them as these end.
  curl_.multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(max_connections));
  timers_.push_back(kNever);
  pools_.push_back(std::move(pool));
}

void HttpEngine::start(HttpTransfer& transfer, std::size_t pool) {
  const auto code = curl_.multi_add_handle(pools_[pool]->multi.get(), transfer.easy_.get());
  if (code == CURLM_OK) return;
  // Only for want of memory: it ends like any other transfer.
  transfer.curl_code_ = CURLE_OUT_OF_MEMORY;
  stillborn_.push_back(&transfer);
}

void HttpEngine::cancel(HttpTransfer& transfer, std::size_t pool) {
  std::erase(stillborn_, &transfer);
  curl_.multi_remove_handle(pools_[pool]->multi.get(), transfer.easy_.get());
}

void HttpEngine::wait(std::optional<Clock::time_point> until,
                      std::vector<HttpTransfer*>& finished) {
  finished.insert(finished.end(), stillborn_.begin(), stillborn_.end());
  stillborn_.clear();
  // New transfers set their pool's timer to now: they must be under way before the waiting begins.
  run_timers(finished);

  auto next = until.value_or(kNever);
  for (const auto timer : timers_) next = std::min(next, timer);
  auto timeout = std::chrono::nanoseconds(-1);
  if (next != kNever) timeout = std::max<std::chrono::nanoseconds>(next - Clock::now(), {});
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
    act(pool_of_socket_[static_cast<std::size_t>(fd)], fd, mask, finished);
  }
  run_timers(finished);
}

void HttpEngine::run_timers(std::vector<HttpTransfer*>& finished) {
  const auto now = Clock::now();
  for (std::size_t pool = 0; pool < timers_.size(); ++pool) {
    if (timers_[pool] > now) continue;
    timers_[pool] = kNever;
    act(pool, CURL_SOCKET_TIMEOUT, 0, finished);
  }
}

void HttpEngine::act(std::size_t pool, int fd, int mask, std::vector<HttpTransfer*>& finished) {
  auto* const multi = pools_[pool]->multi.get();
  int running = 0;
  curl_.multi_socket_action(multi, fd, mask, &running);
  while (const auto* message = curl_.multi_info_read(multi, &running)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto* const easy = message->easy_handle;
    const auto code = message->data.result;
    char* user = nullptr;
    curl_.easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    curl_.multi_remove_handle(multi, easy);  // Invalidates the message.
    auto* const transfer = static_cast<HttpTransfer*>(static_cast<void*>(user));
    transfer->curl_code_ = code;
    finished.push_back(transfer);
  }
}

}  // namespace pikachu::sink::webhook
