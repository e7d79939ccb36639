// Text of all character sets. An input is charset:u8 and the text.

#include <string>

#include "binlog/charset.h"
#include "binlog/scratch_arena.h"
#include "binlog/text_converter.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

using binlog::Charset;

// How many bytes the UTF-8 character at the front of `text` has; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void decode(binlog::Bytes input) {
  if (input.empty()) return;
  const auto charset = static_cast<Charset>(input[0] % binlog::kCharsetCount);
  const std::string_view text = as_text(input.subspan(1));
  binlog::TextConverter converter;
  binlog::ScratchArena arena;
  const auto converted = converter.to_utf8(charset, text, arena);
  require(converted.has_value(), "this system's iconv knows every set");
  const auto again = converter.to_utf8(charset, text, arena);
  require(again.has_value() && *again == *converted, "a text leaves no state behind");
  const binlog::CharsetTraits& traits = binlog::traits_of(charset);
  if (*traits.iconv_name == '\0') {
    require(converted->data() == text.data() && converted->size() == text.size(),
            "what needs no conversion is not copied");
    return;
  }
  require(converted->size() <= 3 * text.size() + 4, "three bytes stand for one at most");
  require(is_utf8(*converted), "converted text is UTF-8");
  require(text.empty() || !converted->empty(), "text does not vanish");
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
