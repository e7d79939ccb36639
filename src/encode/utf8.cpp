#include "encode/utf8.h"

#include <cstdint>
#include <cstring>

namespace pikachu::encode {
namespace {

constexpr std::uint64_t kHighs = 0x8080808080808080U;

// Bytes of the well-formed text that `text` begins with.
std::size_t well_formed_size(std::string_view text) {
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from != end) {
    std::uint64_t word = kHighs;
    if (end - from >= static_cast<std::ptrdiff_t>(sizeof word)) {
      std::memcpy(&word, from, sizeof word);
    }
    if ((word & kHighs) == 0) {
      from += sizeof word;
    } else if (static_cast<unsigned char>(*from) < 0x80) {
      ++from;
    } else {
      const std::size_t sequence = utf8_sequence_size(from, static_cast<std::size_t>(end - from));
      if (sequence == 0) break;
      from += sequence;
    }
  }
  return static_cast<std::size_t>(from - text.data());
}

}  // namespace

bool is_utf8(std::string_view text) {
  return well_formed_size(text) == text.size();
}

void put_utf8(std::string_view text, TextBuffer& out) {
  while (!text.empty()) {
    const std::size_t size = well_formed_size(text);
    out.put(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) return;
    out.put(kReplacement);
    text.remove_prefix(1);
  }
}

}  // namespace pikachu::encode
