#include "binlog/inflater.h"

#include <limits>

#include <zlib.h>

namespace pikachu::binlog {

struct Inflater::State {
  State() : ready(inflateInit(&stream) == Z_OK) {}
  ~State() {
    if (ready) inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  z_stream stream{};
  bool ready = false;
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

bool Inflater::inflate(Bytes compressed, Format format, std::span<char> out) {
  constexpr std::size_t kSizeMax = std::numeric_limits<uInt>::max();
  if (compressed.size() > kSizeMax || out.size() > kSizeMax) return false;
  if (state_ == nullptr) state_ = std::make_unique<State>();
  const int window_bits = format == Format::kZlib ? MAX_WBITS : -MAX_WBITS;
  z_stream& stream = state_->stream;
  if (!state_->ready || inflateReset2(&stream, window_bits) != Z_OK) return false;

  stream.next_in = const_cast<Bytef*>(compressed.data());  // zlib's signature; it reads only.
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  return ::inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
}

}  // namespace pikachu::binlog
