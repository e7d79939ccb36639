#include "schema/repertoire.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "binlog/scratch_arena.h"
#include "binlog/text_converter.h"

namespace pikachu::schema {
namespace {

using binlog::Charset;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; });
}

// Bytes of the UTF-8 character that begins with `first`.
std::size_t size_of_character(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

// Finds the characters of a set that is not Unicode's, in UTF-8: whatever its codes of one byte, of
// two, and of the three that ujis and eucjpms have, mean.
class CharacterFinder {
 public:
  CharacterFinder(Charset charset, std::set<std::string, std::less<>>& characters)
      : charset_(charset), characters_(characters) {}

  void find() {
    add_codes("");
    if (binlog::traits_of(charset_).bytes_max == 1) return;
    for (unsigned lead = 0x81; lead <= 0xFE; ++lead) add_codes({static_cast<char>(lead)});
    if (binlog::traits_of(charset_).bytes_max == 2) return;
    for (unsigned second = 0xA1; second <= 0xFE; ++second) {
      add_codes({'\x8F', static_cast<char>(second)});
    }
  }

 private:
  // Codes that consist of `lead` and one more byte.
  void add_codes(const std::string& lead) {
    binlog::ScratchArena arena;
    const unsigned first = lead.empty() ? 0 : 0x40;
    for (unsigned last = first; last <= 0xFF; ++last) {
      const std::string code = lead + static_cast<char>(last);
      const auto text = converter_.to_utf8(charset_, code, arena);
      if (!text || text->empty() || text->size() != size_of_character(text->front())) continue;
      if (*text != kReplacement) characters_.emplace(*text);
    }
  }

  Charset charset_;
  binlog::TextConverter converter_;
  std::set<std::string, std::less<>>& characters_;
};

template <typename Predicate>
void replace_others(std::string& label, const Predicate& is_kept) {
  std::string kept;
  for (std::size_t i = 0; i < label.size();) {
    const std::string_view character =
        std::string_view(label).substr(i, size_of_character(label[i]));
    kept += is_kept(character) ? character : "?";
    i += character.size();
  }
  label = std::move(kept);
}

}  // namespace

const Repertoires::Characters& Repertoires::of(Charset charset) {
  const auto [entry, is_new] = known_.try_emplace(charset);
  if (is_new) CharacterFinder(charset, entry->second).find();
  return entry->second;
}

void Repertoires::limit(std::vector<std::string>& labels, Charset charset) {
  switch (charset) {
    case Charset::kUtf8mb4:
    case Charset::kUtf16:
    case Charset::kUtf16le:
    case Charset::kUtf32:
    case Charset::kGb18030:
    case Charset::kBinary:
      return;
    case Charset::kUtf8mb3:
    case Charset::kUcs2:
      for (std::string& label : labels) {
        replace_others(label, [](std::string_view character) { return character.size() <= 3; });
      }
      return;
    default:
      break;
  }
  const bool has_ascii = binlog::traits_of(charset).bytes_below_128_are_ascii;
  if (has_ascii && std::ranges::all_of(labels, is_ascii)) return;
  const Characters& characters = of(charset);
  for (std::string& label : labels) {
    replace_others(label, [&characters](std::string_view character) {
      return characters.contains(character);
    });
  }
}

bool keeps_labels(const std::vector<std::string>& labels, std::uint32_t before,
                  std::uint32_t after) {
  const auto old_charset = binlog::charset_of_collation(before);
  const auto new_charset = binlog::charset_of_collation(after);
  if (!old_charset || !new_charset) return false;
  if (*old_charset == *new_charset) return true;
  if (*old_charset == Charset::kUtf8mb3 && *new_charset == Charset::kUtf8mb4) return true;
  return binlog::traits_of(*old_charset).bytes_below_128_are_ascii &&
         binlog::traits_of(*new_charset).bytes_below_128_are_ascii &&
         std::ranges::all_of(labels, is_ascii);
}

}  // namespace pikachu::schema
