#include "encode/json_grammar.h"

#include <bit>
#include <bitset>
#include <cstddef>

#include "base/text_word.h"

namespace pikachu::encode {
namespace {

constexpr std::size_t kDepthMax = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Front to back, without recursion: the kinds of the open containers are all that is kept.
class JsonGrammar {
 public:
  explicit JsonGrammar(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool read_text() {
    while (true) {
      skip_blanks();
      if (is('{') || is('[')) {
        if (!open()) return false;
        if (!is_empty_) continue;
      } else if (!read_scalar()) {
        return false;
      }
      if (!read_behind_value()) return false;
      if (depth_ == 0) return at_ == end_;
    }
  }

 private:
  bool is(char c) const { return at_ != end_ && *at_ == c; }
  bool take(char c) {
    if (!is(c)) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  // Mostly there is none: one comparison.
  void skip_blanks() {
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ' && is_blank(*at_)) ++at_;
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
    while (true) {
      skip_blanks();
      if (depth_ == 0) return true;
      const bool is_object = is_object_[depth_ - 1];
      if (take(',')) {
        skip_blanks();
        return !is_object || read_key();
      }
      if (!take(is_object ? '}' : ']')) return false;
      --depth_;
    }
  }

  bool read_key() {
    if (!read_string()) return false;
    skip_blanks();
    return take(':');
  }

  bool read_scalar() {
    if (at_ == end_) return false;
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
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || !read_escape()) return false;
    }
  }

  // Up to a '"', a '\' or a control character.
  void skip_plain() {
    if constexpr (std::endian::native == std::endian::little) {
      while (end_ - at_ >= 8) {
        const int plain = std::countr_zero(base::json_escapes(base::load_word(at_, 8))) / 8;
        at_ += plain;
        if (plain < 8) return;
      }
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) {
      ++at_;
    }
  }

  bool read_escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_ || !is_hex_digit(*at_++)) return false;
    }
    return true;
  }

  bool read_digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool read_number() {
    take('-');
    if (!take('0') && !read_digits()) return false;
    if (take('.') && !read_digits()) return false;
    if (!is('e') && !is('E')) return true;
    ++at_;
    if (!take('+')) take('-');
    return read_digits();
  }

  const char* at_;
  const char* const end_;
  std::size_t depth_ = 0;
  std::bitset<kDepthMax> is_object_;  ///< Of the open containers; else an array.
  bool is_empty_ = false;             ///< The container that was opened last has ended already.
};

}  // namespace

bool is_json(std::string_view text) {
  return JsonGrammar(text).read_text();
}

}  // namespace pikachu::encode
