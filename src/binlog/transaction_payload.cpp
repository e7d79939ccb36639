#include "binlog/transaction_payload.h"

#include <algorithm>
#include <string>

#include <zstd.h>

#include "binlog/event_body.h"

namespace pikachu::binlog {

namespace {

constexpr std::uint64_t kFieldEnd = 0;
constexpr std::uint64_t kFieldPayloadSize = 1;
constexpr std::uint64_t kFieldCompression = 2;
constexpr std::uint64_t kFieldUncompressedSize = 3;
constexpr std::uint64_t kCompressionZstd = 0;
constexpr std::uint64_t kCompressionNone = 255;
constexpr std::size_t kEventSizeOffset = 9;

}  // namespace

class PayloadReader::ZstdStream {
 public:
  ZstdStream() : stream_(ZSTD_createDStream()) {}
  ~ZstdStream() { ZSTD_freeDStream(stream_); }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  ZSTD_DStream* get() const { return stream_; }

 private:
  ZSTD_DStream* stream_;
};

PayloadReader::PayloadReader() = default;
PayloadReader::~PayloadReader() = default;

// Fields of type:lenenc size:lenenc value, up to one of type 0; then the payload.
base::Result<void> PayloadReader::open(Bytes event) {
  event_ = event;
  claimed_size_.reset();
  produced_ = 0;
  begin_ = 0;
  end_ = 0;
  frame_open_ = false;
  input_ = {};

  wire::ByteReader in = read_body(event);
  std::optional<std::uint64_t> payload_size;
  std::uint64_t compression = kCompressionZstd;
  while (true) {
    const std::uint64_t field = in.lenenc();
    if (!in.ok()) return truncated_event(event);
    if (field == kFieldEnd) break;
    wire::ByteReader value(in.bytes(in.lenenc()));
    if (!in.ok()) return truncated_event(event);
    if (field == kFieldPayloadSize) payload_size = value.lenenc();
    if (field == kFieldCompression) compression = value.lenenc();
    if (field == kFieldUncompressedSize) claimed_size_ = value.lenenc();
    if (!value.ok()) return truncated_event(event);
  }
  if (compression != kCompressionZstd && compression != kCompressionNone) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "transaction payload with compression " + std::to_string(compression) +
                          " is not handled, only zstd (0) and none (255) are; SET GLOBAL "
                          "binlog_transaction_compression=OFF on the server");
  }
  if (payload_size && *payload_size != in.remaining()) {
    return corrupt_event(event, "it claims a payload of " + std::to_string(*payload_size) +
                                    " bytes where " + std::to_string(in.remaining()) + " are");
  }
  input_ = in.rest();
  compressed_ = compression == kCompressionZstd;
  if (!compressed_) return {};
  if (!zstd_) zstd_ = std::make_unique<ZstdStream>();
  if (zstd_->get() == nullptr || ZSTD_isError(ZSTD_initDStream(zstd_->get())) != 0) {
    return base::fail(base::ErrorCode::kUnavailable, "no memory to decompress a transaction");
  }
  return {};
}

// Decompresses until `wanted` bytes are there to hand out; false if the payload ends before.
base::Result<bool> PayloadReader::fill(std::size_t wanted) {
  const std::size_t step = ZSTD_DStreamOutSize();
  if (begin_ > 0 && end_ - begin_ < wanted) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ - begin_ < wanted) {
    if (buffer_.size() - end_ < step) buffer_.resize(end_ + step);
    ZSTD_inBuffer from{input_.data(), input_.size(), 0};
    ZSTD_outBuffer to{buffer_.data() + end_, step, 0};
    const std::size_t status = ZSTD_decompressStream(zstd_->get(), &to, &from);
    if (ZSTD_isError(status) != 0) {
      return corrupt_event(
          event_, std::string("its zstd payload is damaged (") + ZSTD_getErrorName(status) + ")");
    }
    const bool stalled = from.pos == 0 && to.pos == 0;
    input_ = input_.subspan(from.pos);
    end_ += to.pos;
    produced_ += to.pos;
    if (!stalled) frame_open_ = status != 0;
    if (claimed_size_ && produced_ > *claimed_size_) {
      return corrupt_event(event_, "its payload holds more than the " +
                                       std::to_string(*claimed_size_) + " bytes that it claims");
    }
    if (stalled) return false;
  }
  return true;
}

base::Result<std::optional<Bytes>> PayloadReader::next() {
  Bytes available = input_;
  if (compressed_) {
    auto filled = fill(EventHeader::kSize);
    if (!filled) return base::propagate(std::move(filled));
    available = Bytes(buffer_).subspan(begin_, end_ - begin_);
  }
  if (available.empty()) {
    if (frame_open_) return corrupt_event(event_, "its zstd payload ends in the middle");
    const bool short_of_claim = compressed_ && claimed_size_ && produced_ != *claimed_size_;
    if (!short_of_claim) return std::optional<Bytes>();
    return corrupt_event(event_, "its payload holds " + std::to_string(produced_) +
                                     " bytes where it claims " + std::to_string(*claimed_size_));
  }
  wire::ByteReader in(available);
  in.skip(kEventSizeOffset);
  const std::uint32_t size = in.u32();
  if (available.size() < EventHeader::kSize || size < EventHeader::kSize ||
      size > EventHeader::kSizeMax) {
    return corrupt_event(event_, "an event in it states " + std::to_string(size) +
                                     " bytes, outside 19 to " +
                                     std::to_string(EventHeader::kSizeMax));
  }
  if (compressed_) {
    auto filled = fill(size);
    if (!filled) return base::propagate(std::move(filled));
    available = Bytes(buffer_).subspan(begin_, end_ - begin_);
  }
  if (available.size() < size) return truncated_event(event_);
  if (compressed_) {
    begin_ += size;
  } else {
    input_ = input_.subspan(size);
  }
  return available.first(size);
}

}  // namespace pikachu::binlog
