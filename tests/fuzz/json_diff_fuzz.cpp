// Changes of MySQL's binary JSON, and their paths. An input is
//
//     before_size:u16 stored value[before_size] changes

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "binlog/json.h"
#include "binlog/json_diff.h"
#include "binlog/json_path.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;

void check_path(std::string_view text) {
  std::vector<binlog::JsonPathLeg> legs;
  if (!binlog::parse_json_path(text, legs)) return;
  require(text.starts_with('$'), "a path begins with $");
  require(legs.size() <= text.size(), "a leg takes a character at least");
  for (const binlog::JsonPathLeg& leg : legs) {
    for (const std::uint64_t size : {0U, 1U, 7U}) {
      require(leg.insert_position(size) <= size, "an element is put into the array");
    }
  }
}

void decode(Bytes input) {
  wire::ByteReader in(input);
  const Bytes before = in.bytes(in.u16());
  if (!in.ok()) return;
  const Bytes changes = in.rest();
  check_path(as_text(changes));
  std::string text;
  const auto done = binlog::append_changed_json_text(before, changes, text);
  constexpr std::size_t kTextBytesPerByte = 16;
  require(text.size() <= 64 + kTextBytesPerByte * input.size(),
          "the text is proportional to value and changes");
  if (!done) return;
  require(nlohmann::json::accept(in_ascii(text)), "the text is JSON");
  if (!changes.empty()) return;
  std::string unchanged;
  require(binlog::append_json_text(before, unchanged).has_value() && unchanged == text,
          "no changes leave the value as it is");
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
