#include "encode/json_string.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/text_word.h"
#include "encode/byte_block.h"
#include "encode/plain_text.h"
#include "encode/utf8.h"

namespace pikachu::encode {
namespace {

using base::load_word;

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

#ifdef __SSE2__
// Bits [0, 16): those of sixteen bytes that are '"', '\\' or a control character, and those that
// are not ASCII.
struct BlockMasks {
  unsigned escaped = 0;
  unsigned high = 0;
};

BlockMasks masks_of(__m128i bytes) {
  return {high_bits(escaped_in(bytes)), high_bits(bytes)};
}

// How many of sixteen bytes are whole and well-formed sequences: up to the first byte that is not
// part of one, or that begins one which goes past the sixteen. `high`: the bytes above 0x7F.
// REQUIRES: the bytes begin where a sequence does.
std::size_t well_formed_in_block(unsigned high, const char* text, std::size_t size) {
  std::size_t done = 0;
  while (high >> done != 0) {
    done += static_cast<std::size_t>(std::countr_zero(high >> done));
    const std::size_t sequence = utf8_sequence_size(text + done, size - done);
    if (sequence == 0 || done + sequence > kBlock) return done;
    done += sequence;
  }
  return kBlock;
}
#endif

char* append(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// What stands behind the backslash where one character does.
constexpr std::array<char, 128> kShortEscapes = [] {
  std::array<char, 128> escapes{};
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}();

// REQUIRES: is_plain(c) is false.
inline char* escape(char c, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return append(to, kReplacement);
  *to = '\\';
  to[1] = kShortEscapes[byte];
  if (to[1] != 0) return to + 2;
  to = append(to, "\\u00");
  *to++ = kHex[byte >> 4U];
  *to++ = kHex[byte & 0x0FU];
  return to;
}

// Writes what `from` begins with: one byte as it is or escaped, or one sequence. Moves both.
void put_one(const char*& from, const char* end, char*& to) {
  if (is_plain(*from)) {
    *to++ = *from++;
    return;
  }
  // A sequence is judged by all of the text.
  const std::size_t sequence = utf8_sequence_size(from, static_cast<std::size_t>(end - from));
  if (sequence == 0) {
    to = escape(*from++, to);
    return;
  }
  to = append(to, {from, sequence});
  from += sequence;
}

// Writes what begins at `from`, at least to `stop`, a word at a time. Moves both.
void put_words(const char*& from, const char* stop, const char* end, char*& to) {
  while (from < stop) {
    if constexpr (std::endian::native == std::endian::little) {
      const std::uint64_t word = load_word(from, static_cast<std::size_t>(end - from));
      std::memcpy(to, &word, sizeof word);
      // 8 where nothing is marked; the zeros past the end are.
      const int run = std::countr_zero(marked(word)) / 8;
      from += run;
      to += run;
      if (run == 8 || from == end) continue;
    }
    put_one(from, end, to);
  }
}

// Text is worked on in steps, so that the room for the worst case stays small.
constexpr std::size_t kStep = 256;
constexpr std::size_t kWorst = 6;   // "\u001f" for one byte.
constexpr std::size_t kSlack = 32;  // What is written past the text, and read past a step.
static_assert((kStep + kSlack) * kWorst + kSlack <= TextBuffer::kSize);

#ifdef __SSE2__
// Writes a block of ASCII and returns where it ends. `escaped`: the bytes of it to escape.
// REQUIRES: two blocks can be read at `from`.
char* put_escaping(const char* from, unsigned escaped, char* to) {
  const char* const end = from + kBlock;
  const char* const block = from;
  for (; escaped != 0; escaped &= escaped - 1) {
    const char* const at = block + std::countr_zero(escaped);
    std::memcpy(to, from, kBlock);  // more than is there, for the sake of one copy without a branch
    to += at - from;
    to = escape(*at, to);
    from = at + 1;
  }
  std::memcpy(to, from, kBlock);
  return to + (end - from);
}

// Writes what begins at `from`, at least to `stop`, as long as there is a block to read before
// `end`. Moves both.
void put_blocks(const char*& from, const char* stop, const char* end, char*& to) {
  while (from < stop && end - from >= static_cast<std::ptrdiff_t>(kBlock)) {
    const __m128i bytes = load_block(from);
    std::memcpy(to, &bytes, sizeof bytes);
    const BlockMasks masks = masks_of(bytes);
    // A branch, not a sum: the next load need not wait for these masks.
    if ((masks.escaped | masks.high) == 0) {
      from += kBlock;
      to += kBlock;
      continue;
    }
    if (masks.high != 0) {
      const std::size_t plain = copy_plain(from, stop, end, to);
      from += plain;
      to += plain;
      if (plain != 0) continue;
    } else if (end - from >= static_cast<std::ptrdiff_t>(2 * kBlock)) {
      to = put_escaping(from, masks.escaped, to);
      from += kBlock;
      continue;
    }
    const auto limit =
        masks.escaped == 0 ? kBlock : static_cast<std::size_t>(std::countr_zero(masks.escaped));
    std::size_t size = limit;
    if (masks.high != 0) {
      const auto left = static_cast<std::size_t>(end - from);
      size = std::min(limit, well_formed_in_block(masks.high, from, left));
    }
    from += size;
    to += size;
    if (size == limit && masks.escaped != 0) {
      to = escape(*from++, to);
    } else if (size == 0) {
      put_one(from, end, to);
    }
  }
}
#endif

// Most values: a few words, nothing to escape. The first and the last word, or block, of a text
// cover it together. Returns whether that was so; else nothing is written.
bool put_short(std::string_view text, TextBuffer& out) {
  constexpr std::size_t kShort = 32;
  if (std::endian::native != std::endian::little || text.empty() || text.size() > kShort) {
    return false;
  }
  char* const to = out.room(kShort + 2) + 1;
  if (text.size() <= 8) {
    const std::uint64_t word = load_word(text.data(), text.size());
    if (marked(word) << (64 - 8 * text.size()) != 0) return false;
    std::memcpy(to, &word, sizeof word);
  } else if (text.size() <= 16) {
    const std::uint64_t first = load_word(text.data(), 8);
    const std::uint64_t last = load_word(text.data() + text.size() - 8, 8);
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
    char* to = out.room((step + kSlack) * kWorst + kSlack);
    const char* const stop = from + step;
#ifdef __SSE2__
    put_blocks(from, stop, end, to);
#endif
    put_words(from, stop, end, to);
    out.advance_to(to);
  }
  out.put('"');
}

}  // namespace pikachu::encode
