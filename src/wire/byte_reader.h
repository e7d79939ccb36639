#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pikachu::wire {

/// Reads the integers and strings of the MySQL protocol and of binlog events, front to back.
///
/// Failure is sticky: a read that goes beyond the end returns zero or an empty view, moves to the
/// end, and from then on ok() is false and every read returns zero. So a decoder reads all it needs
/// and asks ok() once, but it must ask before it uses what it read as a size or an index.
///
///     ByteReader in(bytes);
///     const std::uint32_t thread = in.u32();
///     const std::string_view name = in.text(in.u8());
///     if (!in.ok()) return base::fail(base::ErrorCode::kCorrupt, …);
///
/// Never throws, never allocates, never reads outside the span.
/// Threads: one owner. Lifetime: views that it returns point into the span it was made of.
/// Spec: MySQL Source Code Documentation 9, "Protocol::FixedLengthInteger",
/// "Protocol::LengthEncodedInteger".
class ByteReader {
 public:
  ByteReader() = default;
  explicit ByteReader(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  /// False once any read went beyond the end or a length-encoded integer was malformed.
  bool ok() const noexcept { return ok_; }
  /// Bytes not read yet; 0 after a failure.
  std::size_t remaining() const noexcept { return bytes_.size() - position_; }
  bool at_end() const noexcept { return remaining() == 0; }
  /// Offset of the next byte in the span.
  std::size_t position() const noexcept { return position_; }
  /// The bytes not read yet, without reading them.
  std::span<const std::uint8_t> rest() const noexcept { return bytes_.subspan(position_); }
  /// The next byte without reading it; 0 at the end, which is no failure.
  std::uint8_t peek() const noexcept { return at_end() ? std::uint8_t{0} : bytes_[position_]; }

  /// Fails this reader: for callers that find what they read impossible.
  void fail() noexcept {
    ok_ = false;
    position_ = bytes_.size();
  }

  // Fixed-length integers, little-endian.
  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(little_endian<1>()); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(little_endian<2>()); }
  std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(little_endian<3>()); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(little_endian<4>()); }
  std::uint64_t u40() noexcept { return little_endian<5>(); }
  std::uint64_t u48() noexcept { return little_endian<6>(); }
  std::uint64_t u56() noexcept { return little_endian<7>(); }
  std::uint64_t u64() noexcept { return little_endian<8>(); }
  /// `size` bytes, little-endian. A `size` above 8 fails.
  std::uint64_t uint(std::size_t size) noexcept {
    switch (size) {  // a load for each, not a loop
      case 0:
        return 0;
      case 1:
        return u8();
      case 2:
        return u16();
      case 3:
        return u24();
      case 4:
        return u32();
      case 5:
        return u40();
      case 6:
        return u48();
      case 7:
        return u56();
      case 8:
        return u64();
      default:
        fail();
        return 0;
    }
  }

  // Fixed-length integers, big-endian.
  std::uint16_t u16_be() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u24_be() noexcept { return static_cast<std::uint32_t>(big_endian(3)); }
  std::uint32_t u32_be() noexcept { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u40_be() noexcept { return big_endian(5); }
  std::uint64_t u64_be() noexcept { return big_endian(8); }
  /// `size` bytes, big-endian. A `size` above 8 fails.
  std::uint64_t uint_be(std::size_t size) noexcept { return big_endian(size); }

  /// A length-encoded integer. The prefixes 0xfb (NULL in result sets) and 0xff (error packet) are
  /// no integers here: they fail.
  std::uint64_t lenenc() noexcept {
    const std::uint8_t first = u8();
    if (first < 0xfb) return first;
    switch (first) {
      case 0xfc:
        return u16();
      case 0xfd:
        return u24();
      case 0xfe:
        return u64();
      default:
        fail();
        return 0;
    }
  }

  /// The next `size` bytes; empty if there are fewer. Any 64-bit size is safe.
  std::span<const std::uint8_t> bytes(std::uint64_t size) noexcept {
    if (!take(size)) return {};
    const auto count = static_cast<std::size_t>(size);
    return bytes_.subspan(position_ - count, count);
  }
  /// As bytes(), seen as text.
  std::string_view text(std::uint64_t size) noexcept {
    const std::span<const std::uint8_t> taken = bytes(size);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  /// All bytes that are left, as text.
  std::string_view rest_as_text() noexcept { return text(remaining()); }
  void skip(std::uint64_t size) noexcept { take(size); }

 private:
  /// Moves over `size` bytes, or fails. Written so that no sum can overflow.
  bool take(std::uint64_t size) noexcept {
    if (size > remaining()) {
      fail();
      return false;
    }
    position_ += static_cast<std::size_t>(size);
    return true;
  }

  template <std::size_t kBytes>
  std::uint64_t little_endian() noexcept {
    if (!take(kBytes)) return 0;
    const std::uint8_t* from = bytes_.data() + (position_ - kBytes);
    std::uint64_t value = 0;
    // Compilers turn the unrolled loop into one load where the size allows it.
    for (std::size_t i = 0; i < kBytes; ++i) value |= std::uint64_t{from[i]} << (8 * i);
    return value;
  }

  std::uint64_t big_endian(std::size_t size) noexcept {
    if (!take(size <= 8 ? size : bytes_.size() + 1)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = position_ - size; i < position_; ++i) value = (value << 8) | bytes_[i];
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace pikachu::wire
