#include "encode/json_string.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pikachu::encode {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Whether a byte can be copied without a look at its neighbours.
constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Eight bytes at a time: the high bit of each byte of the result says "not plain"; bytes after the
// first such byte may be marked wrongly (borrows run upwards), which is why only the lowest counts.
std::uint64_t marked(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return (word | (word - kOnes * 0x20U) | (quote - kOnes) | (backslash - kOnes)) & kHighs;
}

// The first bytes of `text`, up to eight; zeros where there are fewer. Without a loop, because most
// names are short and of any length. REQUIRES: size > 0, little-endian.
std::uint64_t load(const char* text, std::size_t size) {
  if (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    return word;
  }
  if (size >= 4) {  // Two halves that overlap.
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, text, sizeof low);
    std::memcpy(&high, text + size - 4, sizeof high);
    return low | static_cast<std::uint64_t>(high) << (8 * (size - 4));
  }
  const auto at = [text](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  };
  return at(0) | at(size / 2) | at(size - 1);
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

// Bytes of the well-formed sequence of two to four bytes that `text` begins with; 0: none.
std::size_t sequence_size(const char* text, std::size_t size) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (size < 2 || !is_continuation(at(1))) return 0;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (size < 3 || !is_continuation(at(2))) return 0;
  if (lead == 0xE0) return at(1) >= 0xA0 ? 3 : 0;  // else overlong
  if (lead == 0xED) return at(1) < 0xA0 ? 3 : 0;   // else a surrogate
  if (lead >= 0xE1 && lead <= 0xEF) return 3;
  if (size < 4 || !is_continuation(at(3))) return 0;
  if (lead == 0xF0) return at(1) >= 0x90 ? 4 : 0;  // else overlong
  if (lead == 0xF4) return at(1) < 0x90 ? 4 : 0;   // else above U+10FFFF
  return lead >= 0xF1 && lead <= 0xF3 ? 4 : 0;
}

#ifdef __SSE2__
// Bits [0, 16): those of sixteen bytes that are '"', '\\' or a control character, and those that
// are not ASCII.
struct BlockMasks {
  unsigned escaped = 0;
  unsigned high = 0;
};

__m128i load_block(const char* text) {
  __m128i bytes = _mm_setzero_si128();
  std::memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

BlockMasks masks_of(__m128i bytes) {
  // Signed: bytes from 0x80 on are negative, so "below 0x20" takes them in.
  const __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  const auto high = static_cast<unsigned>(_mm_movemask_epi8(bytes));
  return {static_cast<unsigned>(_mm_movemask_epi8(special)) & ~high, high};
}

// How many of the sixteen bytes at `text` can stand in a JSON string as they are: up to the first
// that is escaped, not well-formed, or begins a sequence that goes past the sixteen.
// REQUIRES: `masks` are those of the bytes; `size` bytes can be read.
std::size_t verbatim_size(const char* text, std::size_t size, BlockMasks masks) {
  constexpr std::size_t kBlock = 16;
  const auto limit =
      masks.escaped == 0 ? kBlock : static_cast<std::size_t>(std::countr_zero(masks.escaped));
  unsigned high = masks.high & ((1U << limit) - 1);
  while (high != 0) {
    const auto at = static_cast<std::size_t>(std::countr_zero(high));
    const std::size_t sequence = sequence_size(text + at, size - at);
    if (sequence == 0 || at + sequence > kBlock) return at;
    high &= ~(((1U << sequence) - 1) << at);
  }
  return limit;
}
#endif

// Copies what can stand in a JSON string as it is, sixteen, eight and one byte at a time, as far as
// it takes no look at its neighbours at the end, and up to `stop`. Moves `from` and `to`. The text
// ends at `end`.
// REQUIRES: 16 bytes more than are copied may be written to `to`.
void copy_verbatim(const char*& from, const char* stop, const char* end, char*& to) {
  const auto left = [&] { return static_cast<std::size_t>(stop - from); };
#ifdef __SSE2__
  while (left() >= 16) {
    const __m128i bytes = load_block(from);
    std::memcpy(to, &bytes, sizeof bytes);
    const BlockMasks masks = masks_of(bytes);
    // A branch, not a sum: the next load need not wait for these masks.
    if ((masks.escaped | masks.high) == 0) {
      from += 16;
      to += 16;
      continue;
    }
    const std::size_t size = verbatim_size(from, static_cast<std::size_t>(end - from), masks);
    from += size;
    to += size;
    if (masks.escaped != 0 || size == 0) return;
  }
#else
  static_cast<void>(end);
#endif
  if constexpr (std::endian::native == std::endian::little) {
    while (left() > 0) {
      const std::uint64_t word = load(from, left());
      std::memcpy(to, &word, sizeof word);
      // 8 where nothing is marked; the zeros past the end are.
      const int run = std::countr_zero(marked(word)) / 8;
      from += run;
      to += run;
      if (run < 8) return;
    }
  }
  while (from != stop && is_plain(*from)) *to++ = *from++;
}

char* append(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* escape(char c, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return append(to, kReplacement);
  switch (c) {
    case '"':
      return append(to, "\\\"");
    case '\\':
      return append(to, "\\\\");
    case '\b':
      return append(to, "\\b");
    case '\f':
      return append(to, "\\f");
    case '\n':
      return append(to, "\\n");
    case '\r':
      return append(to, "\\r");
    case '\t':
      return append(to, "\\t");
    default:
      to = append(to, "\\u00");
      *to++ = kHex[byte >> 4U];
      *to++ = kHex[byte & 0x0FU];
      return to;
  }
}

// Text is worked on in steps, so that the room for the worst case stays small.
constexpr std::size_t kStep = 256;
constexpr std::size_t kWorst = 6;  // "\u001f" for one byte.
constexpr std::size_t kSlack =
    32;  // What one look may go past a step, and copy_verbatim() past that.
static_assert(kStep * kWorst + kSlack <= TextBuffer::kSize);

// Most values: a few words, nothing to escape. The first and the last word, or block, of a text
// cover it together. Returns whether that was so; else nothing is written.
bool put_short(std::string_view text, TextBuffer& out) {
  constexpr std::size_t kShort = 32;
  if (std::endian::native != std::endian::little || text.empty() || text.size() > kShort) {
    return false;
  }
  char* const to = out.room(kShort + 2) + 1;
  if (text.size() <= 8) {
    const std::uint64_t word = load(text.data(), text.size());
    if (marked(word) << (64 - 8 * text.size()) != 0) return false;
    std::memcpy(to, &word, sizeof word);
  } else if (text.size() <= 16) {
    const std::uint64_t first = load(text.data(), 8);
    const std::uint64_t last = load(text.data() + text.size() - 8, 8);
    if ((marked(first) | marked(last)) != 0) return false;
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + text.size() - 8, &last, sizeof last);
  } else {
#ifdef __SSE2__
    const __m128i first = load_block(text.data());
    const __m128i last = load_block(text.data() + text.size() - 16);
    const BlockMasks first_masks = masks_of(first);
    const BlockMasks last_masks = masks_of(last);
    if ((first_masks.escaped | first_masks.high | last_masks.escaped | last_masks.high) != 0) {
      return false;
    }
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + text.size() - 16, &last, sizeof last);
#else
    return false;
#endif
  }
  to[-1] = '"';
  to[text.size()] = '"';
  out.advance_to(to + text.size() + 1);
  return true;
}

}  // namespace

void put_string(std::string_view text, TextBuffer& out) {
  if (put_short(text, out)) return;
  out.put('"');
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from != end) {
    const std::size_t step = std::min(static_cast<std::size_t>(end - from), kStep);
    const char* const stop = from + step;
    char* to = out.room(step * kWorst + kSlack);
    while (from < stop) {
      copy_verbatim(from, stop, end, to);
      if (from == stop) break;
      // A sequence is judged by all of the text; it may end past the step.
      const std::size_t sequence = sequence_size(from, static_cast<std::size_t>(end - from));
      if (sequence > 0) {
        to = append(to, {from, sequence});
        from += sequence;
      } else {
        to = escape(*from++, to);
      }
    }
    out.advance_to(to);
  }
  out.put('"');
}

}  // namespace pikachu::encode
