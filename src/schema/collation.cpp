#include "schema/collation.h"

#include <array>
#include <string>

#include "schema/ascii.h"
#include "schema/collation_names.h"

namespace pikachu::schema {
namespace {

using binlog::Charset;

// The sets' own defaults, in the order of the enumeration.
constexpr std::array<std::uint16_t, binlog::kCharsetCount> kDefaults{
    32, 11, 1, 63, 26, 51, 57, 59, 4,  40, 36, 95, 3,  97, 19, 248, 24, 28, 92, 25, 16,
    6,  37, 7, 22, 8,  9,  30, 41, 38, 39, 13, 10, 18, 35, 12, 54,  56, 60, 33, 45};

constexpr std::uint16_t kNopadOffset = 1024;

// Spec: MariaDB 11.8 strings/ctype-uca1400.h: an id is the base, the character set times 256, the
// language times 8, NOPAD 4, accents count 2, case counts 1. 21 and 22 are no one's.
constexpr std::uint32_t kUca1400Base = 2048;
constexpr std::array kUca1400Charsets{Charset::kUtf8mb3, Charset::kUtf8mb4, Charset::kUcs2,
                                      Charset::kUtf16, Charset::kUtf32};
constexpr std::array<std::string_view, 25> kUca1400Languages{
    "",         "icelandic_", "latvian_",    "romanian_",   "slovenian_",
    "polish_",  "estonian_",  "spanish_",    "swedish_",    "turkish_",
    "czech_",   "danish_",    "lithuanian_", "slovak_",     "spanish2_",
    "roman_",   "persian_",   "esperanto_",  "hungarian_",  "sinhala_",
    "german2_", "?",          "?",           "vietnamese_", "croatian_"};
constexpr std::string_view kUca1400 = "uca1400_";

bool cut_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

// "danish_nopad_as_ci", behind "uca1400_".
std::optional<std::uint32_t> uca1400(std::string_view name, Charset charset) {
  std::uint32_t set = 0;
  while (kUca1400Charsets.at(set) != charset) {
    if (++set == kUca1400Charsets.size()) return std::nullopt;
  }
  std::uint32_t language = kUca1400Languages.size() - 1;
  while (language > 0 && !name.starts_with(kUca1400Languages.at(language))) --language;
  name.remove_prefix(kUca1400Languages.at(language).size());
  const std::uint32_t nopad = cut_front(name, "nopad_") ? 4 : 0;
  std::uint32_t sensitive = 0;
  if (cut_front(name, "as_")) {
    sensitive = 2;
  } else if (!cut_front(name, "ai_")) {
    return std::nullopt;
  }
  if (name == "cs") {
    ++sensitive;
  } else if (name != "ci") {
    return std::nullopt;
  }
  return kUca1400Base + (set << 8U) + (language << 3U) + nopad + sensitive;
}

std::optional<Charset> charset_of_name(std::string_view name) {
  for (std::size_t i = 0; i < binlog::kCharsetCount; ++i) {
    const auto charset = static_cast<Charset>(i);
    if (binlog::traits_of(charset).name == name) return charset;
  }
  return std::nullopt;
}

}  // namespace

SessionCollations::SessionCollations(change::Flavor flavor,
                                     std::optional<std::uint16_t> utf8mb4_collation,
                                     std::span<const binlog::DefaultCollation> default_collations)
    : flavor_(flavor),
      utf8mb4_collation_(utf8mb4_collation),
      default_collations_(default_collations.begin(), default_collations.end()) {
}

std::uint32_t SessionCollations::own_default_of(std::uint32_t collation) {
  const auto charset = binlog::charset_of_collation(collation);
  return charset ? kDefaults.at(static_cast<std::size_t>(*charset)) : kUnknownCollation;
}

std::uint32_t SessionCollations::of_charset(Charset charset) const {
  if (charset == Charset::kUtf8mb4 && utf8mb4_collation_) return *utf8mb4_collation_;
  const std::uint16_t own = kDefaults.at(static_cast<std::size_t>(charset));
  for (const auto& chosen : default_collations_) {
    if (chosen.of_charset == own) return chosen.collation;
  }
  return own;
}

std::optional<std::uint32_t> SessionCollations::of_charset(std::string_view name) const {
  const std::string lower = lower_ascii(name);
  const auto charset = charset_of_name(lower == "utf8" ? "utf8mb3" : lower);
  if (!charset) return std::nullopt;
  return of_charset(*charset);
}

std::optional<std::uint32_t> SessionCollations::of_name(std::string_view name,
                                                        std::uint32_t context) const {
  std::string lower = lower_ascii(name);
  if (lower.starts_with("utf8_")) lower.replace(0, 4, "utf8mb3");
  constexpr std::string_view kCroatian = "_croatian_ci";
  if (flavor_ == change::Flavor::kMysql && lower.ends_with(kCroatian)) {
    lower.replace(lower.size() - kCroatian.size(), kCroatian.size(), "_croatian_mysql561_ci");
  }
  if (const auto id = id_of_listed_collation(lower)) return *id;
  if (flavor_ == change::Flavor::kMysql) return std::nullopt;
  if (const std::size_t mark = lower.find(kUca1400); mark != std::string::npos) {
    const std::string_view rest = std::string_view(lower).substr(mark + kUca1400.size());
    if (mark != 0) {
      const auto charset = charset_of_name(std::string_view(lower).substr(0, mark - 1));
      return charset ? uca1400(rest, *charset) : std::nullopt;
    }
    const auto charset = binlog::charset_of_collation(context);
    return charset ? uca1400(rest, *charset) : kUnknownCollation;
  }
  constexpr std::string_view kNopad = "nopad_";
  if (const std::size_t mark = lower.find(kNopad); mark != std::string::npos) {
    lower.erase(mark, kNopad.size());
    if (const auto id = id_of_listed_collation(lower)) return kNopadOffset + *id;
  }
  return std::nullopt;
}

std::uint32_t binary_collation_of(std::uint32_t collation) {
  const auto charset = binlog::charset_of_collation(collation);
  if (!charset) return kUnknownCollation;
  if (*charset == Charset::kBinary) return binlog::kBinaryCollation;
  return id_of_listed_collation(std::string(binlog::traits_of(*charset).name) + "_bin")
      .value_or(kUnknownCollation);
}

std::optional<std::uint32_t> bytes_per_character(std::uint32_t collation) {
  const auto charset = binlog::charset_of_collation(collation);
  if (!charset) return std::nullopt;
  return binlog::traits_of(*charset).bytes_max;
}

}  // namespace pikachu::schema
