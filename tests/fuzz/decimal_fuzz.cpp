// DECIMAL. An input is precision:u8 scale:u8 and the stored bytes.

#include <array>
#include <string>
#include <vector>

#include "binlog/decimal.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

constexpr std::size_t kDigitsPerGroup = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void put_group(std::string_view digits, std::vector<std::uint8_t>& out) {
  constexpr std::array<std::size_t, 10> kBytes{0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::uint32_t group = 0;
  for (const char c : digits) group = group * 10 + static_cast<std::uint32_t>(c - '0');
  for (std::size_t i = kBytes.at(digits.size()); i > 0; --i) {
    out.push_back(static_cast<std::uint8_t>(group >> (8 * (i - 1))));
  }
}

// The other way round, from the format's description: digits left over stand at both ends.
std::vector<std::uint8_t> stored_form(std::string_view whole, std::string_view fraction,
                                      bool is_negative) {
  std::vector<std::uint8_t> out;
  const std::size_t first = whole.size() % kDigitsPerGroup;
  put_group(whole.substr(0, first), out);
  for (std::size_t i = first; i < whole.size(); i += kDigitsPerGroup) {
    put_group(whole.substr(i, kDigitsPerGroup), out);
  }
  for (std::size_t i = 0; i < fraction.size(); i += kDigitsPerGroup) {
    put_group(fraction.substr(i, kDigitsPerGroup), out);
  }
  if (is_negative) {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(~unsigned{byte});
  }
  out[0] = static_cast<std::uint8_t>(out[0] ^ 0x80U);
  return out;
}

void check_text(std::string text, std::size_t precision, std::size_t scale, binlog::Bytes stored) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.erase(0, 1);
  const std::size_t point = text.find('.');
  require((point == std::string::npos) == (scale == 0), "a point stands before a fraction only");
  std::string whole = text.substr(0, point);
  const std::string fraction = scale == 0 ? "" : text.substr(point + 1);
  require(fraction.size() == scale, "all digits of the scale are there");
  require(!whole.empty() && (whole.size() == 1 || whole[0] != '0'), "no zeros lead");
  for (const char c : whole + fraction) require(is_digit(c), "digits are digits");
  if (precision == scale) {
    require(whole == "0", "there are no whole digits");
    whole.clear();
  } else {
    require(whole.size() <= precision - scale, "not more whole digits than the type has");
    whole.insert(0, precision - scale - whole.size(), '0');
  }
  require(stored_form(whole, fraction, is_negative) ==
              std::vector<std::uint8_t>(stored.begin(), stored.end()),
          "the text stands for the stored digits");
}

void decode(binlog::Bytes input) {
  if (input.size() < 2) return;
  const std::size_t precision = input[0];
  const std::size_t scale = input[1];
  const auto size = binlog::decimal_size(precision, scale);
  if (!size || input.size() - 2 < *size) return;
  const binlog::Bytes stored = input.subspan(2, *size);
  std::array<char, binlog::kDecimalTextMax> text{};
  const auto length = binlog::format_decimal(stored, precision, scale, text.data());
  if (!length) return;
  require(*length <= text.size(), "the text has room");
  check_text(std::string(text.data(), *length), precision, scale, stored);
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
