#include "encode/json_grammar.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/text_word.h"
#include "encode/byte_block.h"

namespace pikachu::encode {
namespace {

constexpr std::size_t kDepthMax = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Which bytes of a word are no digits: their high bits. As with json_escapes(), bytes above the
// lowest such one may have it wrongly.
std::uint64_t non_digits(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t value = word ^ (kOnes * '0');
  return (value | (value + kOnes * (0x80U - 10))) & (kOnes << 7U);
}

// Front to back, without recursion: the kinds of the open containers are all that is kept. No token
// takes a zero, so nothing is read behind the padding.
class JsonGrammar {
 public:
  explicit JsonGrammar(const char* text) : at_(text) {}

  // Reads one value and the blanks around it.
  bool read_text() {
    while (true) {
      skip_blanks();
      if (*at_ == '{' || *at_ == '[') {
        if (!open()) return false;
        if (!is_empty_) continue;
      } else if (!read_scalar()) {
        return false;
      }
      if (!read_behind_value()) return false;
      if (depth_ == 0) return true;
    }
  }

  const char* at() const { return at_; }
  bool has_lines() const { return has_lines_; }
  bool is_ascii() const { return high_ == 0; }

 private:
  bool take(char c) {
    if (*at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    return std::ranges::all_of(word, [this](char c) { return take(c); });
  }
  // Mostly there is one space or none.
  void skip_blanks() {
    if (*at_ == ' ') ++at_;
    if (static_cast<unsigned char>(*at_) <= ' ') skip_many_blanks();
  }
  void skip_many_blanks() {
    for (;; ++at_) {
      if (*at_ == '\n' || *at_ == '\r') {
        has_lines_ = true;
      } else if (*at_ != ' ' && *at_ != '\t') {
        return;
      }
    }
  }

  // The same, with the blanks before it, which mostly are none.
  bool take_next(char c) {
    if (take(c)) return true;
    skip_blanks();
    return take(c);
  }

  // A container's first bracket; of an object that is not empty, its first key too.
  bool open() {
    if (depth_ == kDepthMax) return false;
    const bool is_object = *at_++ == '{';
    skip_blanks();
    is_empty_ = take(is_object ? '}' : ']');
    if (is_empty_) return true;
    is_object_[depth_++] = is_object;
    return !is_object || read_key();
  }

  // Ends containers, as far as they end here, and goes on to where the next value is due.
  bool read_behind_value() {
    while (depth_ > 0) {
      const bool is_object = is_object_[depth_ - 1];
      if (take_next(',')) {
        if (!is_object) return true;
        skip_blanks();
        return read_key();
      }
      if (!take(is_object ? '}' : ']')) return false;
      --depth_;
    }
    skip_blanks();
    return true;
  }

  bool read_key() { return read_string() && take_next(':'); }

  bool read_scalar() {
    switch (*at_) {
      case '"':
        return read_string();
      case 't':
        return take("true");
      case 'f':
        return take("false");
      case 'n':
        return take("null");
      default:
        return read_number();
    }
  }

  bool read_string() {
    if (!take('"')) return false;
    while (true) {
      skip_plain();
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || !read_escape()) return false;
    }
  }

  // Up to a '"', a '\' or a control character.
  void skip_plain() {
#ifdef __SSE2__
    while (true) {
      const __m128i block = load_block(at_);
      high_ |= high_bits(block);
      const unsigned found = high_bits(escaped_in(block));
      if (found != 0) {
        at_ += std::countr_zero(found);
        return;
      }
      at_ += kBlock;
    }
#else
    for (; *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20; ++at_) {
      high_ |= static_cast<unsigned char>(*at_) & 0x80U;
    }
#endif
  }

  bool read_escape() {
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (!is_hex_digit(*at_++)) return false;
    }
    return true;
  }

  void skip_digits() {
    if constexpr (std::endian::native == std::endian::little) {
      while (true) {
        const int digits = std::countr_zero(non_digits(base::load_word(at_, 8))) / 8;
        at_ += digits;
        if (digits < 8) return;
      }
    }
    while (is_digit(*at_)) ++at_;
  }

  bool read_digits() {
    if (!is_digit(*at_)) return false;
    skip_digits();
    return true;
  }

  bool read_number() {
    take('-');
    if (!take('0') && !read_digits()) return false;
    if (take('.') && !read_digits()) return false;
    if (*at_ != 'e' && *at_ != 'E') return true;
    ++at_;
    if (!take('+')) take('-');
    return read_digits();
  }

  const char* at_;
  std::size_t depth_ = 0;
  std::bitset<kDepthMax> is_object_;  ///< Of the open containers; else an array.
  bool is_empty_ = false;             ///< The container that was opened last has ended already.
  bool has_lines_ = false;
  unsigned high_ = 0;  ///< Not zero: a byte above 0x7F is among those looked at in strings.
};

}  // namespace

JsonForm json_form(const char* text, std::size_t size) {
  JsonGrammar grammar(text);
  const bool is_json = grammar.read_text() && grammar.at() == text + size;
  return {is_json, grammar.has_lines(), grammar.is_ascii()};
}

}  // namespace pikachu::encode
