#include "source/spill_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace pikachu::source {

using base::ErrorCode;

SpillFile::~SpillFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

tl::unexpected<base::Error> SpillFile::failure(std::string_view doing) const {
  const int error = errno;
  const bool out_of_descriptors = error == EMFILE || error == ENFILE;
  return base::fail(
      ErrorCode::kUnavailable,
      std::string(doing) + " a temporary file in " + directory_ +
          " for a large transaction failed: " + std::strerror(error) +
          (out_of_descriptors ? "; raise the hard limit of open files (ulimit -Hn), and restart"
                              : "; free space there, or " + advice_));
}

base::Result<void> SpillFile::open() {
  descriptor_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // The file system has no nameless files: make one with a name and take the name away.
    std::string path = directory_ + "/transaction-XXXXXX";
    descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor_ >= 0) ::unlink(path.c_str());
  }
  if (descriptor_ < 0) return failure("making");
  return {};
}

base::Result<void> SpillFile::write_at(std::uint64_t at, std::span<const std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto n = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                            static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure("writing");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

base::Result<void> SpillFile::flush() {
  if (tail_.empty()) return {};
  if (auto written = write_at(written_, tail_); !written) return written;
  written_ += tail_.size();
  tail_.clear();
  return {};
}

base::Result<void> SpillFile::settle() {
  if (auto flushed = flush(); !flushed) return flushed;
  std::vector<std::uint8_t>().swap(tail_);
  std::vector<std::uint8_t>().swap(block_);
  return {};
}

base::Result<void> SpillFile::append(std::span<const std::uint8_t> head,
                                     std::span<const std::uint8_t> bytes) {
  if (descriptor_ < 0) {
    if (auto opened = open(); !opened) return opened;
  }
  const std::size_t size = head.size() + bytes.size();
  if (tail_.size() + size > kBlockBytes) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  if (size > kBlockBytes) {
    if (auto written = write_at(written_, head); !written) return written;
    if (auto written = write_at(written_ + head.size(), bytes); !written) return written;
    written_ += size;
    return {};
  }
  tail_.insert(tail_.end(), head.begin(), head.end());
  tail_.insert(tail_.end(), bytes.begin(), bytes.end());
  return {};
}

void SpillFile::cut(std::uint64_t size) {
  if (size >= written_) {
    tail_.resize(static_cast<std::size_t>(size - written_));
  } else {
    tail_.clear();
    written_ = size;
  }
  block_.clear();
}

void SpillFile::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  written_ = 0;
  tail_.clear();
  block_.clear();
  if (block_.capacity() > kBlockBytes) block_.shrink_to_fit();
}

base::Result<std::span<const std::uint8_t>> SpillFile::read(std::uint64_t at, std::size_t size) {
  if (at >= written_) {
    return std::span<const std::uint8_t>(tail_).subspan(static_cast<std::size_t>(at - written_),
                                                        size);
  }
  if (at < block_at_ || at + size > block_at_ + block_.size()) {
    const auto left = written_ - at;
    block_.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(size, kBlockBytes))));
    block_at_ = at;
    std::size_t done = 0;
    while (done < block_.size()) {
      const auto n = ::pread(descriptor_, block_.data() + done, block_.size() - done,
                             static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        block_.clear();
        return failure("reading");
      }
      done += static_cast<std::size_t>(n);
    }
  }
  return std::span<const std::uint8_t>(block_).subspan(static_cast<std::size_t>(at - block_at_),
                                                       size);
}

}  // namespace pikachu::source
