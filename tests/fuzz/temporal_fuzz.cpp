// Dates and times. An input is kind:u8 digits:u8 stored:u64 fraction:u32.

#include <array>
#include <string>

#include "binlog/temporal.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::DateTime;
using binlog::TimeOfDay;
using Text = std::array<char, binlog::kTemporalTextMax>;

constexpr std::array<std::uint32_t, 7> kPowersOfTen{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

// Whether `text` is like `shape`, in which '9' stands for a digit.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '9' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

std::string fraction_shape(unsigned digits) {
  return digits == 0 ? "" : "." + std::string(digits, '9');
}

std::string digits_of(std::uint32_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string fraction_text(std::uint32_t microsecond, unsigned digits) {
  if (digits == 0) return "";
  return "." + digits_of(microsecond / kPowersOfTen.at(6 - digits), digits);
}

std::string clock_text(std::uint32_t hour, std::uint32_t minute, std::uint32_t second,
                       std::uint32_t microsecond, unsigned digits) {
  return digits_of(hour, 2) + ':' + digits_of(minute, 2) + ':' + digits_of(second, 2) +
         fraction_text(microsecond, digits);
}

void check(const DateTime& value, unsigned digits) {
  Text out{};
  const bool fits = value.year <= 9'999 && value.microsecond < 1'000'000;
  const std::string date(out.data(), binlog::format_date(value, out.data()));
  require(date.empty() != fits, "what does not fit its digits has no text");
  const std::string text(out.data(), binlog::format_datetime(value, digits, out.data()));
  require(text.empty() != fits, "what does not fit its digits has no text");
  if (!fits) return;
  require(has_shape(date, "9999-99-99"), "a date has four digits, two and two");
  require(has_shape(text, "9999-99-99 99:99:99" + fraction_shape(digits)),
          "a date and time have the digits of their type");
  require(date == digits_of(value.year, 4) + '-' + digits_of(value.month, 2) + '-' +
                      digits_of(value.day, 2),
          "the date is its fields");
  require(text == date + ' ' +
                      clock_text(value.hour, value.minute, value.second, value.microsecond, digits),
          "the text is its fields");
}

void check(const TimeOfDay& value, unsigned digits) {
  Text out{};
  std::string_view text(out.data(), binlog::format_time(value, digits, out.data()));
  const bool fits = value.hour <= 999 && value.microsecond < 1'000'000;
  require(text.empty() != fits, "what does not fit its digits has no text");
  if (!fits) return;
  const std::string written(text);
  if (value.is_negative) {
    require(text.starts_with('-'), "a negative time has its sign");
    text.remove_prefix(1);
  }
  const std::string hours = value.hour < 100 ? "99" : "999";
  require(has_shape(text, hours + ":99:99" + fraction_shape(digits)),
          "a time has the digits of its type");
  require(
      written == (value.is_negative ? "-" : "") +
                     clock_text(value.hour, value.minute, value.second, value.microsecond, digits),
      "the time is its fields");
}

void check(const binlog::Timestamp& value, unsigned digits) {
  Text out{};
  const std::string text(out.data(), binlog::format_timestamp(value, digits, out.data()));
  if (value.seconds == 0 && value.microseconds == 0) {
    require(text == "0000-00-00 00:00:00", "the zero timestamp is what servers show");
    return;
  }
  const bool fits = value.microseconds < 1'000'000;
  require(text.empty() != fits, "what does not fit its digits has no text");
  if (!fits) return;
  require(has_shape(text, "9999-99-99T99:99:99" + fraction_shape(digits) + "Z"),
          "a timestamp is RFC 3339");
  require(text.substr(0, 4) >= "1970" && text.substr(0, 4) <= "2106",
          "32 bits of seconds end in 2106");
}

// What a TIME2 of these bits was made of: the same bits again.
void check_time2(std::uint64_t stored, unsigned digits) {
  const unsigned fraction_bits = 8 * static_cast<unsigned>(binlog::fraction_size(digits));
  stored &= (std::uint64_t{1} << (24 + fraction_bits)) - 1;
  const TimeOfDay value = binlog::unpack_time2(stored, digits);
  check(value, digits);
  const std::uint32_t unit = kPowersOfTen.at(6 - 2 * binlog::fraction_size(digits));
  const std::uint64_t whole = (std::uint64_t{value.hour} << 12U) |
                              (std::uint64_t{value.minute} << 6U) | std::uint64_t{value.second};
  const std::uint64_t magnitude = (whole << fraction_bits) | (value.microsecond / unit);
  const std::uint64_t zero = std::uint64_t{0x800000} << fraction_bits;
  require((value.is_negative ? zero - magnitude : zero + magnitude) == stored,
          "a TIME2 packs into its bits again");
}

void check_datetime2(std::uint64_t stored, std::uint32_t fraction, unsigned digits) {
  stored = (stored & 0x7fffffffffU) | 0x8000000000U;
  DateTime value = binlog::unpack_datetime2(stored);
  const std::uint64_t again =
      ((((std::uint64_t{value.year} * 13 + value.month) << 5U | value.day) << 5U | value.hour)
           << 12U |
       value.minute << 6U | value.second) |
      0x8000000000U;
  require(again == stored, "a DATETIME2 packs into its bits again");
  fraction &= (std::uint32_t{1} << (8 * binlog::fraction_size(digits))) - 1;
  value.microsecond = binlog::fraction_to_microseconds(fraction, digits);
  check(value, digits);
}

void decode(binlog::Bytes input) {
  wire::ByteReader in(input);
  const std::uint8_t kind = in.u8();
  const unsigned digits = in.u8() % 7U;
  const std::uint64_t stored = in.u64();
  const std::uint32_t fraction = in.u32() & 0xffffffU;
  if (!in.ok()) return;
  const auto seconds = static_cast<std::uint32_t>(stored);
  switch (kind % 11) {
    case 0:
      return check(binlog::unpack_date(seconds & 0xffffffU), 0);
    case 1:
      return check(binlog::unpack_old_datetime(stored), 0);
    case 2:
      return check(binlog::unpack_old_time(static_cast<std::int32_t>(seconds << 8U) >> 8U), 0);
    case 3:
      return check_datetime2(stored, fraction, digits);
    case 4:
      return check_time2(stored, digits);
    case 5:
      return check(binlog::unpack_json_datetime(static_cast<std::int64_t>(stored)), 6);
    case 6:
      return check(binlog::unpack_json_time(static_cast<std::int64_t>(stored)), 6);
    case 7:
      return check(binlog::Timestamp{seconds, binlog::fraction_to_microseconds(fraction, digits)},
                   digits);
    case 8:
      return check(binlog::unpack_hires_timestamp(seconds, fraction, digits), digits);
    case 9:
      return check(binlog::unpack_hires_datetime(stored, digits), digits);
    default: {
      const std::size_t bits = 8 * binlog::hires_time_size(digits);
      return check(binlog::unpack_hires_time(stored & ((std::uint64_t{1} << bits) - 1), digits),
                   digits);
    }
  }
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
