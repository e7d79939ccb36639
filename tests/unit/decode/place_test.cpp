#include "decode/place.h"

#include <gtest/gtest.h>

namespace pikachu::decode {
namespace {

constexpr std::int64_t kNoon = 1'709'208'000;  // 2024-02-29 12:00:00 UTC

Place parsed(std::string_view text) {
  auto place = parse_place(text);
  EXPECT_TRUE(place) << place.error().message;
  return place.value_or(Place());
}

TEST(Place, TimeIsRfc3339OrUtcWithoutZone) {
  for (const char* const text : {"2024-02-29T12:00:00Z", "2024-02-29 12:00:00",
                                 "2024-02-29T20:00:00+08:00", "2024-02-29T12:00:00.5Z"}) {
    EXPECT_EQ(parsed(text), Place(source::AtTime{kNoon})) << text;
  }
}

TEST(Place, FileAndOffsetAreDividedAtTheLastColon) {
  EXPECT_EQ(parsed("file:a:b.000001:1234"), Place(source::AtFile{"a:b.000001", 1234}));
  EXPECT_EQ(parsed("file:/var/lib/mysql/b.000001.zst:4"), Place(source::AtFile{"b.000001", 4}));
}

TEST(Place, GtidIsThatOfOneTransaction) {
  EXPECT_EQ(parsed("gtid:0-1-42"), Place(AtTransaction{"0-1-42"}));
  EXPECT_EQ(parsed("gtid:3E11FA47-71CA-11E1-9E33-C80AA9429562:7"),
            Place(AtTransaction{"3e11fa47-71ca-11e1-9e33-c80aa9429562:7"}));
  EXPECT_EQ(parsed("gtid:3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:7"),
            Place(AtTransaction{"3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:7"}));
}

TEST(Place, WhatIsNoPlaceIsRefusedWithWhatWouldBe) {
  for (const char* const text :
       {"", "yesterday", "file:", "file:x", "file:x:", "file::7", "file:x:3", "file:x:1k",
        "file:x:99999999999999999999", "gtid:", "gtid:7", "gtid:0-1-42,1-1-3",
        "gtid:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
        "gtid:3e11fa47-71ca-11e1-9e33-c80aa9429562:1:3", "2024-02-30 00:00:00"}) {
    const auto place = parse_place(text);

    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().code, base::ErrorCode::kInvalid);
    EXPECT_NE(place.error().message.find("; write "), std::string::npos) << place.error().message;
  }
}

}  // namespace
}  // namespace pikachu::decode
