#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pikachu::binlog {

/// The character sets of MySQL 9.7 and MariaDB 11.8.
enum class Charset : std::uint8_t {
  kArmscii8,
  kAscii,
  kBig5,
  kBinary,
  kCp1250,
  kCp1251,
  kCp1256,
  kCp1257,
  kCp850,
  kCp852,
  kCp866,
  kCp932,
  kDec8,
  kEucjpms,
  kEuckr,
  kGb18030,
  kGb2312,
  kGbk,
  kGeostd8,
  kGreek,
  kHebrew,
  kHp8,
  kKeybcs2,
  kKoi8r,
  kKoi8u,
  kLatin1,
  kLatin2,
  kLatin5,
  kLatin7,
  kMacce,
  kMacroman,
  kSjis,
  kSwe7,
  kTis620,
  kUcs2,
  kUjis,
  kUtf16,
  kUtf16le,
  kUtf32,
  kUtf8mb3,
  kUtf8mb4,
};
inline constexpr std::size_t kCharsetCount = static_cast<std::size_t>(Charset::kUtf8mb4) + 1;

/// The collation of BINARY, VARBINARY and BLOB.
inline constexpr std::uint32_t kBinaryCollation = 63;

struct CharsetTraits {
  std::string_view name;                  ///< As the servers call it.
  std::uint8_t bytes_max = 1;             ///< Of one character.
  bool bytes_below_128_are_ascii = true;  ///< A text of such bytes alone is UTF-8 as it stands.
  /// What iconv calls the set that comes nearest; empty where the bytes need no conversion.
  const char* iconv_name = "";
};
const CharsetTraits& traits_of(Charset charset);

/// The character set of a collation; nullopt for an id that neither family had when this was
/// written. Ids mean the same in both families. Spec: information_schema.COLLATIONS of MySQL 9.7.4,
/// COLLATION_CHARACTER_SET_APPLICABILITY of MariaDB 11.8.6.
std::optional<Charset> charset_of_collation(std::uint32_t collation_id);

/// Characters that the servers convert otherwise than glibc's iconv does: `count` codes from `code`
/// on (the bytes as one big-endian number) are the code points from `code_point` on.
///
/// Found by converting every byte, every two-byte code and every three-byte code of ujis and
/// eucjpms with MySQL 9.7.4 and with glibc 2.36, and the Basic Multilingual Plane through gb18030.
/// MariaDB 11.8.6 agrees wherever both servers have a character.
struct ConversionException {
  Charset charset = Charset::kAscii;
  std::uint32_t code = 0;
  std::uint32_t code_point = 0;
  std::uint8_t count = 1;
};
/// Those of one set, in the order of their codes.
std::span<const ConversionException> conversion_exceptions(Charset charset);

}  // namespace pikachu::binlog
