#include "binlog/decimal.h"

#include <array>

#include "base/decimal_text.h"

namespace pikachu::binlog {
namespace {

constexpr std::size_t kDigitsPerGroup = 9;
constexpr std::size_t kBytesPerGroup = 4;
/// Bytes for 0 to 9 digits, and the first number that does not fit them.
constexpr std::array<std::size_t, 10> kBytesForDigits{0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<std::uint32_t, 10> kPowersOfTen{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// Reads groups of digits front to back and writes them as text.
class DigitGroups {
 public:
  DigitGroups(std::span<const std::uint8_t> stored, char* out)
      : stored_(stored), out_(out), mask_((stored[0] & 0x80U) != 0 ? 0x00U : 0xffU) {}

  bool is_negative() const { return mask_ != 0; }
  bool ok() const { return ok_; }
  char* out() const { return out_; }
  void put(char c) { *out_++ = c; }

  /// Writes `digits` (1 to 9) digits, all of them or without leading zeros.
  void read(std::size_t digits, bool with_leading_zeros) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kBytesForDigits[digits]; ++i) group = (group << 8U) | next();
    if (group >= kPowersOfTen[digits]) {
      ok_ = false;
      return;
    }
    if (!with_leading_zeros) {
      if (group != 0) out_ = base::put_unsigned(group, out_);
      return;
    }
    if (digits == kDigitsPerGroup) {
      *out_++ = static_cast<char>('0' + group / kPowersOfTen[8]);
      group %= kPowersOfTen[8];
      --digits;
    }
    out_ = base::put_digits(group, digits, out_);
  }

 private:
  std::uint32_t next() {
    // The sign bit is stored inverted: flipping it back leaves the digits alone.
    const std::uint32_t byte = position_ == 0 ? stored_[0] ^ 0x80U : stored_[position_];
    ++position_;
    return byte ^ mask_;
  }

  std::span<const std::uint8_t> stored_;
  std::size_t position_ = 0;
  char* out_;
  std::uint32_t mask_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::size_t> decimal_size(std::size_t precision, std::size_t scale) {
  if (precision == 0 || precision > kDecimalMaxPrecision || scale > kDecimalMaxScale ||
      scale > precision) {
    return std::nullopt;
  }
  const std::size_t whole = precision - scale;
  return whole / kDigitsPerGroup * kBytesPerGroup + kBytesForDigits[whole % kDigitsPerGroup] +
         scale / kDigitsPerGroup * kBytesPerGroup + kBytesForDigits[scale % kDigitsPerGroup];
}

std::optional<std::size_t> format_decimal(std::span<const std::uint8_t> stored,
                                          std::size_t precision, std::size_t scale, char* out) {
  DigitGroups groups(stored, out);
  if (groups.is_negative()) groups.put('-');
  const char* whole_start = groups.out();
  std::size_t whole = precision - scale;
  if (whole % kDigitsPerGroup != 0) groups.read(whole % kDigitsPerGroup, false);
  for (whole /= kDigitsPerGroup; whole > 0; --whole) {
    groups.read(kDigitsPerGroup, groups.out() != whole_start);
  }
  if (groups.out() == whole_start) groups.put('0');
  if (scale != 0) {
    groups.put('.');
    for (std::size_t left = scale / kDigitsPerGroup; left > 0; --left) {
      groups.read(kDigitsPerGroup, true);
    }
    if (scale % kDigitsPerGroup != 0) groups.read(scale % kDigitsPerGroup, true);
  }
  if (!groups.ok()) return std::nullopt;
  return static_cast<std::size_t>(groups.out() - out);
}

}  // namespace pikachu::binlog
