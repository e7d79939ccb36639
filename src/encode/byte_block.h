#pragma once

#ifdef __SSE2__
#include <cstddef>
#include <cstring>

#include <emmintrin.h>

namespace pikachu::encode {

/// Bytes of a block: sixteen at a time, on processors that have SSE2 (every x86-64).
inline constexpr std::size_t kBlock = 16;

/// REQUIRES: kBlock bytes can be read.
inline __m128i load_block(const char* text) {
  __m128i bytes = _mm_setzero_si128();
  std::memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

/// All ones in the place of each byte that JSON escapes in strings: '"', '\' and what is below
/// 0x20.
inline __m128i escaped_in(__m128i bytes) {
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}

/// A bit for each byte, the first of them lowest: its high bit.
inline unsigned high_bits(__m128i bytes) {
  return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}

}  // namespace pikachu::encode
#endif
