#include "encode/plain_text.h"

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

#include <cstdint>
#include <cstring>

#include "encode/byte_block.h"

namespace pikachu::encode {

#if defined(__x86_64__)
namespace {

// The only functions that may use more than every x86-64 processor has.
#define PIKACHU_SSSE3 __attribute__((target("ssse3")))

// What is wrong with two bytes in a row, a bit each. A pair is wrong if its first byte's high
// half, its first byte's low half and its second byte's high half all say so.
enum Wrong : std::uint8_t {
  kTooShort = 1U << 0U,   ///< A lead without a continuation.
  kTooLong = 1U << 1U,    ///< A continuation behind ASCII.
  kOverlong3 = 1U << 2U,  ///< E0 and below A0.
  kTooLarge = 1U << 3U,   ///< F4 and from 90 on, or F5 and above.
  kSurrogate = 1U << 4U,  ///< ED and from A0 on.
  kOverlong2 = 1U << 5U,  ///< C0, C1.
  kAbove13 = 1U << 6U,    ///< F5 and above, and 80 to 8F.
  kOverlong4 = 1U << 6U,  ///< F0 and 80 to 8F: the same bit, for its pairs are others.
  kContinued = 1U << 7U,  ///< Two continuations: right where a longer sequence is, see below.
  kAnyLow = kTooShort | kTooLong | kContinued,  ///< Does not depend on the low half.
};

struct alignas(kBlock) Halves {
  std::uint8_t wrong[kBlock];  // NOLINT(modernize-avoid-c-arrays): loaded into a register
};

constexpr Halves kFirstHigh = {{
    kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong,  // ASCII
    kContinued, kContinued, kContinued, kContinued,                                  // 80 to BF
    kTooShort | kOverlong2,                                                          // C0 to CF
    kTooShort,                                                                       // D0 to DF
    kTooShort | kOverlong3 | kSurrogate,                                             // E0 to EF
    kTooShort | kTooLarge | kAbove13 | kOverlong4,                                   // F0 to FF
}};
constexpr Halves kFirstLow = {{
    kAnyLow | kOverlong3 | kOverlong2 | kOverlong4,  // C0, E0, F0
    kAnyLow | kOverlong2,                            // C1
    kAnyLow,
    kAnyLow,              //
    kAnyLow | kTooLarge,  // F4
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13 | kSurrogate,  // ED
    kAnyLow | kTooLarge | kAbove13,
    kAnyLow | kTooLarge | kAbove13,
}};
constexpr Halves kSecondHigh = {{
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooLong | kOverlong2 | kContinued | kOverlong3 | kAbove13 | kOverlong4,  // 80 to 8F
    kTooLong | kOverlong2 | kContinued | kOverlong3 | kTooLarge,              // 90 to 9F
    kTooLong | kOverlong2 | kContinued | kSurrogate | kTooLarge,              // A0 to AF
    kTooLong | kOverlong2 | kContinued | kSurrogate | kTooLarge,              // B0 to BF
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
}};

PIKACHU_SSSE3 inline __m128i look_up(const Halves& halves, __m128i index) {
  return _mm_shuffle_epi8(_mm_load_si128(reinterpret_cast<const __m128i*>(halves.wrong)), index);
}

// Not zero where a byte does not follow well on the one, two and three bytes before it, which
// `one`, `two` and `three` hold in its place.
PIKACHU_SSSE3 inline __m128i wrong_at(__m128i bytes, __m128i one, __m128i two, __m128i three) {
  const __m128i low_half = _mm_set1_epi8(0x0F);
  const auto high_half = [low_half](__m128i of) PIKACHU_SSSE3 {
    return _mm_and_si128(_mm_srli_epi16(of, 4), low_half);
  };
  const __m128i wrong =
      _mm_and_si128(_mm_and_si128(look_up(kFirstHigh, high_half(one)),
                                  look_up(kFirstLow, _mm_and_si128(one, low_half))),
                    look_up(kSecondHigh, high_half(bytes)));
  // From E0 on two continuations follow, from F0 on three: there, and only there, kContinued is
  // right.
  const __m128i third = _mm_subs_epu8(two, _mm_set1_epi8(static_cast<char>(0xE0 - 0x80)));
  const __m128i fourth = _mm_subs_epu8(three, _mm_set1_epi8(static_cast<char>(0xF0 - 0x80)));
  const __m128i continued =
      _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8(static_cast<char>(kContinued)));
  return _mm_xor_si128(wrong, continued);
}

inline bool is_zero(__m128i bytes) {
  return high_bits(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) == 0xFFFF;
}

// Where the last sequence before `at` begins, if it goes on behind `at`; else `at`.
// REQUIRES: what stands before is well-formed so far.
const char* whole_end(const char* begin, const char* at) {
  for (std::ptrdiff_t back = 1; back <= 3 && back <= at - begin; ++back) {
    const auto byte = static_cast<unsigned char>(*(at - back));
    if (byte < 0x80) return at;
    if (byte < 0xC0) continue;
    const std::ptrdiff_t size = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return size > back ? at - back : at;
  }
  return at;
}

PIKACHU_SSSE3 std::size_t copy_blocks(const char* const from, const char* stop, const char* end,
                                      char* to) {
  constexpr auto kSize = static_cast<std::ptrdiff_t>(kBlock);
  const char* at = from;
  __m128i before = _mm_setzero_si128();
  while (at < stop && end - at >= kSize) {
    const __m128i bytes = load_block(at);
    std::memcpy(to + (at - from), &bytes, sizeof bytes);
    const __m128i wrong =
        wrong_at(bytes, _mm_alignr_epi8(bytes, before, 15), _mm_alignr_epi8(bytes, before, 14),
                 _mm_alignr_epi8(bytes, before, 13));
    if (!is_zero(_mm_or_si128(wrong, escaped_in(bytes)))) break;
    before = bytes;
    at += kBlock;
  }
  // What is left at the end of the text, in a block that overlaps the last one.
  const char* const last = end - kBlock;
  if (at < stop && end - at < kSize && last - from >= 3) {
    const __m128i bytes = load_block(last);
    const __m128i wrong =
        wrong_at(bytes, load_block(last - 1), load_block(last - 2), load_block(last - 3));
    if (is_zero(_mm_or_si128(wrong, escaped_in(bytes)))) {
      std::memcpy(to + (last - from), &bytes, sizeof bytes);
      at = end;
    }
  }
  return static_cast<std::size_t>(whole_end(from, at) - from);
}

}  // namespace

std::size_t copy_plain(const char* from, const char* stop, const char* end, char* to) {
  if (!__builtin_cpu_supports("ssse3")) return 0;
  return copy_blocks(from, stop, end, to);
}

#else

std::size_t copy_plain(const char*, const char*, const char*, char*) {
  return 0;
}

#endif

}  // namespace pikachu::encode
