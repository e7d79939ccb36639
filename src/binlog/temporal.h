#pragma once

#include <cstddef>
#include <cstdint>

namespace pikachu::binlog {

/// Dates and times as they are stored, and as text. Nothing is normalised: "0000-00-00",
/// "2024-00-15" and "2023-02-31" are values that servers store and show.
///
/// Every format_X writes to `out`, REQUIRES room for kTemporalTextMax bytes there, and returns the
/// length; 0 if a field has more digits than its place (year 10000, a fraction of a second or
/// more): no server stores that. `digits` is the number of fractional digits shown, 0 to 6.
///
/// Spec: mysql-server 9.7 mysys/my_time.cc (my_time_packed_from_binary,
/// my_datetime_packed_from_binary, my_timestamp_from_binary); MariaDB 10.11 sql/field.cc
/// (Field_timestamp_hires, Field_time_hires, Field_datetime_hires), for the types of its 5.3 line.
inline constexpr std::size_t kTemporalTextMax = 48;
inline constexpr unsigned kFractionalDigitsMax = 6;

struct DateTime {
  std::uint32_t year = 0;
  std::uint32_t month = 0;
  std::uint32_t day = 0;
  std::uint32_t hour = 0;
  std::uint32_t minute = 0;
  std::uint32_t second = 0;
  std::uint32_t microsecond = 0;
};

struct TimeOfDay {
  bool is_negative = false;
  std::uint32_t hour = 0;  ///< Up to 838.
  std::uint32_t minute = 0;
  std::uint32_t second = 0;
  std::uint32_t microsecond = 0;
};

/// Seconds and microseconds since 1970-01-01 UTC.
struct Timestamp {
  std::uint32_t seconds = 0;
  std::uint32_t microseconds = 0;
};

/// Bytes that the fraction of a TIMESTAMP2, DATETIME2 or TIME2 takes: ⌈digits / 2⌉.
constexpr std::size_t fraction_size(unsigned digits) {
  return (digits + 1) / 2;
}
/// Microseconds of a stored fraction, a big-endian number of 10^-2, 10^-4 or 10^-6 seconds.
std::uint32_t fraction_to_microseconds(std::uint32_t stored, unsigned digits);

/// DATE and NEWDATE: day:5 month:4 year:15 bits.
DateTime unpack_date(std::uint32_t stored);
/// DATETIME before 5.6: the decimal number YYYYMMDDhhmmss.
DateTime unpack_old_datetime(std::uint64_t stored);
/// TIME before 5.6: the decimal number hhmmss, signed.
TimeOfDay unpack_old_time(std::int32_t stored);
/// DATETIME2 without its fraction: 5 bytes, big-endian; 17 bits year * 13 + month, 5 day, 5 hour,
/// 6 minute, 6 second, behind a bit that is always set.
DateTime unpack_datetime2(std::uint64_t stored);
/// TIME2: `stored` is all its bytes as one big-endian number, the offset still in it. Fraction
/// included, because a negative time borrows from the whole part.
TimeOfDay unpack_time2(std::uint64_t stored, unsigned digits);

// The same as JSON columns hold them: a signed number, microseconds in the low 24 bits.
DateTime unpack_json_datetime(std::int64_t packed);
TimeOfDay unpack_json_time(std::int64_t packed);

// MariaDB with mysql56_temporal_format=OFF and digits > 0. `stored` is a big-endian number.
/// Bytes of each type by its fractional digits (1 to 6).
std::size_t hires_timestamp_size(unsigned digits);
std::size_t hires_datetime_size(unsigned digits);
std::size_t hires_time_size(unsigned digits);
Timestamp unpack_hires_timestamp(std::uint32_t seconds, std::uint32_t fraction, unsigned digits);
DateTime unpack_hires_datetime(std::uint64_t stored, unsigned digits);
TimeOfDay unpack_hires_time(std::uint64_t stored, unsigned digits);

/// "2024-02-29".
std::size_t format_date(const DateTime& value, char* out);
/// "2024-02-29 12:00:00.123".
std::size_t format_datetime(const DateTime& value, unsigned digits, char* out);
/// "-838:59:59.000001"; hours have two digits or three.
std::size_t format_time(const TimeOfDay& value, unsigned digits, char* out);
/// RFC 3339 in UTC: "2024-02-29T12:00:00.123Z"; the zero timestamp is "0000-00-00 00:00:00".
std::size_t format_timestamp(const Timestamp& value, unsigned digits, char* out);

}  // namespace pikachu::binlog
