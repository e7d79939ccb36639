#include "decode/decompression.h"

#include <utility>
#include <vector>

#include <zlib.h>
#include <zstd.h>

namespace pikachu::decode {

namespace {

using base::ErrorCode;
using base::fail;

constexpr const char* kNextStep = "; fetch the file again from where it came from";

/// What a compressed source has not decompressed yet.
class CompressedInput {
 public:
  explicit CompressedInput(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), buffer_(kCompressedBytes) {}

  /// Reads on if nothing is left; then empty() is the end.
  base::Result<void> refill() {
    if (!rest_.empty()) return {};
    const auto size = source_->read(buffer_);
    if (!size) return tl::unexpected(size.error());
    rest_ = std::span<const std::uint8_t>(buffer_).first(*size);
    return {};
  }
  std::span<const std::uint8_t> rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }
  void take(std::size_t size) { rest_ = rest_.subspan(size); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> rest_;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> compressed)
      : input_(std::move(compressed)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}

  base::Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (!stream_) return fail(ErrorCode::kInvalid, "no memory for Zstandard");
    while (true) {
      if (auto filled = input_.refill(); !filled) return base::propagate(std::move(filled));
      if (input_.empty() && !in_frame_) return 0;
      ZSTD_inBuffer from{input_.rest().data(), input_.rest().size(), 0};
      ZSTD_outBuffer to{into.data(), into.size(), 0};
      const std::size_t status = ZSTD_decompressStream(stream_.get(), &to, &from);
      if (ZSTD_isError(status) != 0) {
        return fail(ErrorCode::kCorrupt, std::string("its Zstandard compression is damaged (") +
                                             ZSTD_getErrorName(status) + ")" + kNextStep);
      }
      input_.take(from.pos);
      const bool stalled = from.pos == 0 && to.pos == 0;
      if (stalled) {
        return fail(ErrorCode::kCorrupt,
                    std::string("its Zstandard compression ends early") + kNextStep);
      }
      in_frame_ = status != 0;
      if (to.pos > 0) return to.pos;
    }
  }

 private:
  CompressedInput input_;
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  bool in_frame_ = false;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> compressed) : input_(std::move(compressed)) {
    constexpr int kGzipOnly = 16;  // added to the window's bits; see inflateInit2 in zlib.h
    ready_ = ::inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  base::Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (!ready_) return fail(ErrorCode::kInvalid, "no memory for gzip");
    while (true) {
      if (auto filled = input_.refill(); !filled) return base::propagate(std::move(filled));
      if (input_.empty()) {
        if (!in_member_) return 0;
        return fail(ErrorCode::kCorrupt,
                    std::string("its gzip compression ends early") + kNextStep);
      }
      auto inflated = inflate_some(into);
      if (!inflated || *inflated > 0) return inflated;
    }
  }

 private:
  base::Result<std::size_t> inflate_some(std::span<std::uint8_t> into) {
    // zlib does not write to its input, but says so only where ZLIB_CONST is defined.
    stream_.next_in = const_cast<std::uint8_t*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        input_.rest().data());
    stream_.avail_in = static_cast<uInt>(input_.rest().size());
    const auto room = std::min(into.size(), std::size_t{1} << 30U);
    stream_.next_out = into.data();
    stream_.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) {
      return fail(
          ErrorCode::kCorrupt,
          std::string("its gzip compression is damaged (") +
              (stream_.msg != nullptr ? stream_.msg : "zlib's status " + std::to_string(status)) +
              ")" + kNextStep);
    }
    input_.take(input_.rest().size() - stream_.avail_in);
    in_member_ = status != Z_STREAM_END;
    if (!in_member_) ::inflateReset(&stream_);
    return room - stream_.avail_out;
  }

  CompressedInput input_;
  z_stream stream_{};
  bool ready_ = false;
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> decompress_zstd(std::unique_ptr<ByteSource> compressed) {
  return std::make_unique<ZstdSource>(std::move(compressed));
}

std::unique_ptr<ByteSource> decompress_gzip(std::unique_ptr<ByteSource> compressed) {
  return std::make_unique<GzipSource>(std::move(compressed));
}

}  // namespace pikachu::decode
