// MySQL's binary JSON. An input is a stored value.

#include <string>

#include <nlohmann/json.hpp>

#include "binlog/json.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

void decode(binlog::Bytes value) {
  constexpr std::string_view kBefore = "before";
  std::string text(kBefore);
  const auto done = binlog::append_json_text(value, text);
  require(text.starts_with(kBefore), "what stood there stays");
  text.erase(0, kBefore.size());
  constexpr std::size_t kTextBytesPerByte = 16;
  require(text.size() <= 64 + kTextBytesPerByte * value.size(),
          "the text is proportional to the value");
  if (!done) return;
  require(nlohmann::json::accept(in_ascii(text)), "the text is JSON");
  require(text.find('\n') == std::string::npos, "the text is one line");
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
