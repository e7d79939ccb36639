#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Decompresses what MariaDB compresses: rows events and columns. One zlib state, used again and
/// again: its 40 KiB are allocated once.
///
/// Threads: one owner.
class Inflater {
 public:
  enum class Format : std::uint8_t { kZlib, kRawDeflate };

  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Whether `compressed` is a complete stream that fills `out` exactly; `out` then holds it.
  bool inflate(Bytes compressed, Format format, std::span<char> out);

  /// Deflate cannot shrink more than this, and no server takes a larger value or statement: a
  /// stated size beyond either is a lie, not worth its memory.
  static bool is_possible_size(std::uint64_t size, std::size_t compressed_size) {
    constexpr std::uint64_t kRatioMax = 1032;
    return size <= EventHeader::kSizeMax && size <= compressed_size * kRatioMax;
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pikachu::binlog
