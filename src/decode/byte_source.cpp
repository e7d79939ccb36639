#include "decode/byte_source.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode/decompression.h"

namespace pikachu::decode {

namespace {

using base::ErrorCode;

tl::unexpected<base::Error> system_failure(std::string_view doing) {
  return base::fail(ErrorCode::kInvalid, std::string(doing) + ": " + std::strerror(errno));
}

/// An open descriptor; standard input is not closed.
class OpenFile final : public ByteSource {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile() override {
    if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  base::Result<std::size_t> read(std::span<std::uint8_t> into) override {
    while (true) {
      const auto n = ::read(descriptor_, into.data(), into.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return system_failure("cannot be read");
    }
  }

 private:
  const int descriptor_;
};

}  // namespace

base::Result<std::unique_ptr<ByteSource>> open_byte_source(const std::string& path) {
  if (path == "-") return std::make_unique<OpenFile>(STDIN_FILENO);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("cannot be opened");
  auto file = std::make_unique<OpenFile>(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    return base::fail(ErrorCode::kInvalid, "is a directory; name files in it");
  }
  // Only advice: where it is refused, reading is as right as before.
  static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL));
  if (path.ends_with(".zst")) return decompress_zstd(std::move(file));
  if (path.ends_with(".gz")) return decompress_gzip(std::move(file));
  return file;
}

}  // namespace pikachu::decode
