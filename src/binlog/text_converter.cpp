#include "binlog/text_converter.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include <iconv.h>

namespace pikachu::binlog {
namespace {

constexpr char32_t kReplacement = 0xfffd;
/// UTF-8 takes at most this many bytes for one byte of any other set (U+FFFD or a CJK character).
constexpr std::size_t kUtf8BytesPerByteMax = 3;
constexpr std::size_t kUtf8BytesMax = 4;

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof word);
    if ((word & kHighBits) != 0) return false;
  }
  return std::ranges::all_of(text.substr(i),
                             [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char* put_utf8(char32_t code_point, char* out) {
  const auto put = [&out](char32_t byte) { *out++ = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0U | (code_point >> 6U));
    put(0x80U | (code_point & 0x3fU));
  } else if (code_point < 0x10000) {
    put(0xe0U | (code_point >> 12U));
    put(0x80U | ((code_point >> 6U) & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  } else {
    put(0xf0U | (code_point >> 18U));
    put(0x80U | ((code_point >> 12U) & 0x3fU));
    put(0x80U | ((code_point >> 6U) & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  }
  return out;
}

/// Owns an iconv descriptor.
class Iconv {
 public:
  explicit Iconv(const char* from) : descriptor_(iconv_open("UTF-8", from)) {}
  ~Iconv() {
    if (ok()) iconv_close(descriptor_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;

  bool ok() const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open's own answer for "no"
    return descriptor_ != reinterpret_cast<iconv_t>(std::intptr_t{-1});
  }

  /// Converts as much of `text` as it can and takes that off its front.
  char* convert(std::string_view& text, char* out, std::size_t room) {
    char* in = const_cast<char*>(text.data());  // iconv's signature; it does not write there.
    std::size_t in_left = text.size();
    iconv(descriptor_, &in, &in_left, &out, &room);
    // A character held back for a combining one to follow, and the initial state for the next text.
    iconv(descriptor_, nullptr, nullptr, &out, &room);
    text.remove_prefix(text.size() - in_left);
    return out;
  }

 private:
  iconv_t descriptor_;
};

/// The length of the multi-byte character that `text` starts with, by its first bytes.
/// REQUIRES: !text.empty().
std::size_t character_length(Charset charset, std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  switch (charset) {
    case Charset::kSjis:
      return first >= 0xa0 && first <= 0xdf ? 1 : 2;
    case Charset::kUjis:
      return first == 0x8f ? 3 : 2;
    case Charset::kGb18030: {
      const auto second = static_cast<unsigned char>(text.size() > 1 ? text[1] : '\0');
      return second >= 0x30 && second <= 0x39 ? 4 : 2;
    }
    default:
      return 2;
  }
}

/// The code point that the servers alone give to this character.
std::optional<char32_t> exception_for(std::span<const ConversionException> exceptions,
                                      std::uint32_t code) {
  const auto after = std::ranges::upper_bound(exceptions, code, {}, &ConversionException::code);
  if (after == exceptions.begin()) return std::nullopt;
  const ConversionException& run = *(after - 1);
  if (code - run.code >= run.count) return std::nullopt;
  return run.code_point + (code - run.code);
}

bool is_between(std::string_view text, std::size_t at, unsigned first, unsigned last) {
  if (at >= text.size()) return false;
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte >= first && byte <= last;
}

/// Whether a code of two bytes can end so. Spec: mysql-server 9.7 strings/ctype-*.cc, "is…tail".
bool is_second_byte(Charset charset, std::string_view text) {
  const auto is = [text](unsigned first, unsigned last) {
    return is_between(text, 1, first, last);
  };
  switch (charset) {
    case Charset::kBig5:
      return is(0x40, 0x7e) || is(0xa1, 0xfe);
    case Charset::kSjis:
    case Charset::kCp932:
      return is(0x40, 0x7e) || is(0x80, 0xfc);
    case Charset::kEuckr:
      return is(0x41, 0x5a) || is(0x61, 0x7a) || is(0x81, 0xfe);
    case Charset::kGbk:
    case Charset::kGb18030:
      return is(0x40, 0x7e) || is(0x80, 0xfe);
    default:  // gb2312, ujis, eucjpms
      return is(0xa1, 0xfe);
  }
}

/// How much of the front of `text` one undecodable character is: what U+FFFD stands for. A code
/// that is formed as its set forms them goes whole, so that its last byte is not taken for ASCII.
std::size_t undecodable_length(Charset charset, std::string_view text) {
  switch (charset) {
    case Charset::kUcs2:
    case Charset::kUtf16:
    case Charset::kUtf16le:
      return std::min<std::size_t>(2, text.size());
    case Charset::kUtf32:
      return std::min<std::size_t>(4, text.size());
    case Charset::kUjis:
    case Charset::kEucjpms:
      if (is_between(text, 0, 0x8f, 0x8f)) {
        return is_second_byte(charset, text) && is_between(text, 2, 0xa1, 0xfe) ? 3 : 1;
      }
      break;
    case Charset::kGb18030:
      if (is_between(text, 1, 0x30, 0x39)) {
        return is_between(text, 2, 0x81, 0xfe) && is_between(text, 3, 0x30, 0x39) ? 4 : 1;
      }
      break;
    default:
      break;
  }
  const bool is_first = static_cast<unsigned char>(text[0]) >= 0x81;
  return is_first && is_second_byte(charset, text) ? 2 : 1;
}

}  // namespace

/// One set's way to UTF-8: a table for sets of one byte, else iconv.
class TextConverter::Conversion {
 public:
  explicit Conversion(Charset charset)
      : charset_(charset),
        exceptions_(conversion_exceptions(charset)),
        iconv_(traits_of(charset).iconv_name) {
    if (iconv_.ok() && traits_of(charset).bytes_max == 1) fill_table();
  }

  bool ok() const { return iconv_.ok(); }

  /// REQUIRES: ok(); room for kUtf8BytesPerByteMax bytes a byte of `text`, and kUtf8BytesMax more.
  char* convert(std::string_view text, char* out) {
    if (!table_.empty()) {
      for (const char byte : text) {
        out = put_utf8(table_[static_cast<unsigned char>(byte)], out);
      }
      return out;
    }
    while (!text.empty()) {
      const std::size_t plain = exceptions_.empty() ? text.size() : length_before_exception(text);
      out = convert_plain(text.substr(0, plain), out);
      text.remove_prefix(plain);
      if (text.empty()) break;
      const std::size_t length = character_length(charset_, text);
      out = put_utf8(exception_at(text).value_or(kReplacement), out);
      text.remove_prefix(length);
    }
    return out;
  }

 private:
  void fill_table() {
    table_.assign(256, kReplacement);
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const char source = static_cast<char>(byte);
      std::string_view text(&source, 1);
      std::array<char, 16> utf8{};
      const char* end = iconv_.convert(text, utf8.data(), utf8.size());
      if (text.empty()) {
        table_[byte] = decode_utf8({utf8.data(), static_cast<std::size_t>(end - utf8.data())});
      }
      if (const auto exception = exception_for(exceptions_, byte)) table_[byte] = *exception;
    }
  }

  /// The one character in `utf8`, which iconv wrote.
  static char32_t decode_utf8(std::string_view utf8) {
    if (utf8.empty()) return kReplacement;
    const auto first = static_cast<unsigned char>(utf8[0]);
    if (utf8.size() == 1) return first;
    char32_t code_point = first & (0x7fU >> utf8.size());
    for (const char byte : utf8.substr(1)) {
      code_point = (code_point << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
    }
    return code_point;
  }

  std::optional<char32_t> exception_at(std::string_view text) const {
    const std::size_t length = character_length(charset_, text);
    if (length > text.size()) return std::nullopt;
    std::uint32_t code = 0;
    for (const char byte : text.substr(0, length)) {
      code = (code << 8U) | static_cast<unsigned char>(byte);
    }
    return exception_for(exceptions_, code);
  }

  std::size_t length_before_exception(std::string_view text) const {
    std::size_t position = 0;
    while (position < text.size()) {
      const std::string_view rest = text.substr(position);
      if (exception_at(rest)) return position;
      position += character_length(charset_, rest);
    }
    return text.size();
  }

  char* convert_plain(std::string_view text, char* out) {
    while (!text.empty()) {
      out = iconv_.convert(text, out, text.size() * kUtf8BytesPerByteMax + kUtf8BytesMax);
      if (text.empty()) break;
      text.remove_prefix(undecodable_length(charset_, text));
      out = put_utf8(kReplacement, out);
    }
    return out;
  }

  Charset charset_;
  std::span<const ConversionException> exceptions_;
  Iconv iconv_;
  std::vector<char32_t> table_;  ///< By byte; empty for sets of more bytes.
};

TextConverter::TextConverter() = default;
TextConverter::~TextConverter() = default;

std::optional<std::string_view> TextConverter::to_utf8(Charset charset, std::string_view text,
                                                       ScratchArena& arena) {
  const CharsetTraits& traits = traits_of(charset);
  if (*traits.iconv_name == '\0' || text.empty()) return text;
  if (traits.bytes_below_128_are_ascii && is_ascii(text)) return text;

  std::unique_ptr<Conversion>& conversion = conversions_.at(static_cast<std::size_t>(charset));
  if (conversion == nullptr) conversion = std::make_unique<Conversion>(charset);
  if (!conversion->ok()) return std::nullopt;
  char* out = arena.reserve(text.size() * kUtf8BytesPerByteMax + kUtf8BytesMax);
  const char* end = conversion->convert(text, out);
  return arena.commit(static_cast<std::size_t>(end - out));
}

}  // namespace pikachu::binlog
