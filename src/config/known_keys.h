#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pikachu::config {

/// What a key takes.
enum class KeyKind : std::uint8_t {
  kSection,     ///< A map of known keys.
  kSections,    ///< A list of such maps.
  kText,        ///< One value.
  kSecret,      ///< One value, never shown.
  kTextOrList,  ///< One value, or a list of them.
  kTextList,    ///< A list of values.
  kInteger,     ///< min to max.
  kBoolean,
  kDuration,  ///< min to max milliseconds.
  kSize,      ///< min to max bytes.
  kChoice,    ///< One of `detail`, with '|' between.
  kHeaders,   ///< A map of any names to values, never shown.
  kObsolete,  ///< Has no meaning here; `detail` says what replaces it.
  kLater,     ///< Has its meaning in a later version.
};

/// One key of config.yaml. Unknown keys, wrong types, ranges and docs/reference/config.md are all
/// held to the table of these.
struct KnownKey {
  std::string_view path;  ///< "tasks[].timeout"
  KeyKind kind = KeyKind::kText;
  std::int64_t min = 0;
  std::int64_t max = 0;
  /// The choices of kChoice, the replacement of kObsolete; else what the key is, for "is missing".
  std::string_view detail = {};
  bool is_required = false;
};

/// All of them, each after its section.
std::span<const KnownKey> known_keys();

/// The key of that path, or nothing.
const KnownKey* find_known_key(std::string_view path);

/// The known key that somebody who wrote `path` may have meant: a sibling that is spelt much like
/// it, or a key of the same name elsewhere, then with its path. "" if there is none.
std::string nearest_key(std::string_view path);

/// The word of `choices` ("a|b|c") that is spelt most like `text`, or "" if none is close.
std::string_view nearest_choice(std::string_view choices, std::string_view text);

/// The next word of `choices`, which is moved past it; "" at the end.
std::string_view next_choice(std::string_view& choices);

/// The path without its last name ("tasks[]" of "tasks[].timeout"), and that name.
std::string_view section_of(std::string_view path);
std::string_view name_of(std::string_view path);

}  // namespace pikachu::config
