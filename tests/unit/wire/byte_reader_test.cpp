#include "wire/byte_reader.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::wire {
namespace {

constexpr std::array<std::uint8_t, 8> kBytes = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};

TEST(ByteReader, ReadsLittleEndianIntegersOfEachSize) {
  EXPECT_EQ(ByteReader(kBytes).u8(), 0x01);
  EXPECT_EQ(ByteReader(kBytes).u16(), 0x8201);
  EXPECT_EQ(ByteReader(kBytes).u24(), 0x038201U);
  EXPECT_EQ(ByteReader(kBytes).u32(), 0x84038201U);
  EXPECT_EQ(ByteReader(kBytes).u40(), 0x0584038201U);
  EXPECT_EQ(ByteReader(kBytes).u48(), 0x860584038201U);
  EXPECT_EQ(ByteReader(kBytes).u56(), 0x07860584038201U);
  EXPECT_EQ(ByteReader(kBytes).u64(), 0x8807860584038201U);
}

TEST(ByteReader, ReadsBigEndianIntegersOfEachSize) {
  EXPECT_EQ(ByteReader(kBytes).u16_be(), 0x0182);
  EXPECT_EQ(ByteReader(kBytes).u24_be(), 0x018203U);
  EXPECT_EQ(ByteReader(kBytes).u32_be(), 0x01820384U);
  EXPECT_EQ(ByteReader(kBytes).u40_be(), 0x0182038405U);
  EXPECT_EQ(ByteReader(kBytes).u64_be(), 0x0182038405860788U);
}

TEST(ByteReader, ReadsIntegersWhoseSizeIsKnownAtRunTime) {
  EXPECT_EQ(ByteReader(kBytes).uint(0), 0U);
  EXPECT_EQ(ByteReader(kBytes).uint(3), 0x038201U);
  EXPECT_EQ(ByteReader(kBytes).uint_be(3), 0x018203U);
}

TEST(ByteReader, FailsOnIntegersAboveEightBytes) {
  const std::array<std::uint8_t, 16> bytes{};
  ByteReader little(bytes);
  ByteReader big(bytes);

  EXPECT_EQ(little.uint(9), 0U);
  EXPECT_EQ(big.uint_be(9), 0U);

  EXPECT_FALSE(little.ok());
  EXPECT_FALSE(big.ok());
}

TEST(ByteReader, ReadsLengthEncodedIntegersOfEachWidth) {
  const std::vector<std::uint8_t> bytes = {0xfa, 0xfc, 0xfb, 0x00, 0xfd, 1, 2, 3, 0xfe,
                                           1,    2,    3,    4,    5,    6, 7, 8};
  ByteReader in(bytes);
  EXPECT_EQ(in.lenenc(), 0xfaU);
  EXPECT_EQ(in.lenenc(), 0xfbU);
  EXPECT_EQ(in.lenenc(), 0x030201U);
  EXPECT_EQ(in.lenenc(), 0x0807060504030201U);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(ByteReader, FailsOnPrefixesThatAreNoLength) {
  for (const std::uint8_t prefix : {std::uint8_t{0xfb}, std::uint8_t{0xff}}) {
    SCOPED_TRACE(int{prefix});
    const std::array<std::uint8_t, 9> bytes = {prefix};
    ByteReader in(bytes);
    EXPECT_EQ(in.lenenc(), 0U);
    EXPECT_FALSE(in.ok());
  }
}

TEST(ByteReader, ReturnsViewsOfBytesAndText) {
  constexpr std::array<std::uint8_t, 5> kText = {'a', 'b', 'c', 'd', 'e'};
  ByteReader in(kText);

  EXPECT_EQ(in.text(2), "ab");
  EXPECT_EQ(in.peek(), 'c');
  const std::span<const std::uint8_t> one = in.bytes(1);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one.data(), &kText[2]);
  EXPECT_EQ(in.rest().size(), 2U);
  EXPECT_EQ(in.position(), 3U);
  EXPECT_EQ(in.rest_as_text(), "de");
  EXPECT_TRUE(in.ok());
}

TEST(ByteReader, StaysFailedAfterReadingBeyondTheEnd) {
  ByteReader in(kBytes);
  in.skip(5);

  EXPECT_EQ(in.u32(), 0U);

  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_TRUE(in.text(1).empty());
  EXPECT_TRUE(in.text(0).empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, SurvivesSizesThatWouldOverflow) {
  for (const std::uint64_t size : {std::uint64_t{9}, std::numeric_limits<std::uint64_t>::max(),
                                   std::numeric_limits<std::uint64_t>::max() - 3}) {
    ByteReader in(kBytes);
    in.skip(4);
    EXPECT_TRUE(in.bytes(size).empty());
    EXPECT_FALSE(in.ok());
  }
}

TEST(ByteReader, ReadsNothingFromNothing) {
  ByteReader in;
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(in.peek(), 0);
  EXPECT_TRUE(in.rest_as_text().empty());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.u64(), 0U);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace pikachu::wire
