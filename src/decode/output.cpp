#include "decode/output.h"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace pikachu::decode {

Output::Output(int descriptor)
    : descriptor_(descriptor), storage_(2 * kPieceBytes), buffer_(text_, storage_) {
}

base::Result<void> Output::flush() {
  if (failure_) failure_ = write_all(text_);
  if (failure_) failure_ = write_all(buffer_.gathered());
  text_.clear();
  buffer_.clear();
  if (text_.capacity() > kKeptBytes) text_.shrink_to_fit();
  return failure_;
}

base::Result<void> Output::write_all(std::string_view rest) {
  while (!rest.empty()) {
    const auto n = ::write(descriptor_, rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      // Someone else's descriptor, made non-blocking: wait until it takes more.
      pollfd ready{descriptor_, POLLOUT, 0};
      static_cast<void>(::poll(&ready, 1, -1));
    } else if (errno == EPIPE) {
      return base::fail(base::ErrorCode::kCancelled, "nobody reads standard output any more");
    } else if (errno != EINTR) {
      const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
      return base::fail(base::ErrorCode::kUnavailable,
                        std::string("writing standard output failed: ") + std::strerror(errno) +
                            (is_full ? "; make room where it goes, and decode again from the start"
                                     : "; decode again from the start"));
    }
  }
  return {};
}

}  // namespace pikachu::decode
