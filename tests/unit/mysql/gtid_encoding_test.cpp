#include "mysql/gtid_encoding.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "change/gtid_set.h"

namespace pikachu::mysql {
namespace {

std::string hex(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

std::string encoded(std::string_view text) {
  const auto set = change::GtidSet::parse(change::Flavor::kMysql, text);
  EXPECT_TRUE(set) << text;
  return set ? hex(encode_gtid_set(*set)) : "";
}

// The bytes are put together by hand from the layout in the header.

TEST(EncodeGtidSet, AnEmptySetIsACountOfZero) {
  EXPECT_EQ(encoded(""), "0000000000000000");
}

TEST(EncodeGtidSet, IntervalsEndBehindTheirLast) {
  EXPECT_EQ(encoded("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7"),
            "0100000000000000"
            "3e11fa4771ca11e19e33c80aa9429562"
            "0200000000000000"
            "0100000000000000"
            "0600000000000000"
            "0700000000000000"
            "0800000000000000");
}

TEST(EncodeGtidSet, ATagChangesTheFormOfTheWhole) {
  EXPECT_EQ(encoded("3e11fa47-71ca-11e1-9e33-c80aa9429562:2:ab:3"),
            "0102000000000001"
            "3e11fa4771ca11e19e33c80aa9429562"
            "00"
            "0100000000000000"
            "0200000000000000"
            "0300000000000000"
            "3e11fa4771ca11e19e33c80aa9429562"
            "046162"
            "0100000000000000"
            "0300000000000000"
            "0400000000000000");
}

}  // namespace
}  // namespace pikachu::mysql
