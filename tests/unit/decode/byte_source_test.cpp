#include "decode/byte_source.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/decode/binlog_bytes.h"

namespace pikachu::decode {
namespace {

using base::ErrorCode;
using testing::ByteList;
using testing::TestDirectory;

/// Bytes that compress a little, so that their compressed form is larger than what is read at once.
ByteList content() {
  ByteList bytes(3'000'000);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1'664'525U + 1'013'904'223U;
    byte = static_cast<std::uint8_t>(state >> 27U);
  }
  return bytes;
}

// With the frame's checksum, as the program zstd writes it.
ByteList zstd_of(const ByteList& bytes) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ByteList out(ZSTD_compressBound(bytes.size()));
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size()));
  return out;
}

ByteList gzip_of(const ByteList& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  ByteList in = bytes;
  ByteList out(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

struct ReadBytes {
  ByteList bytes;
  std::string problem;
  ErrorCode code = ErrorCode::kCancelled;
};

ReadBytes read_all(const std::string& path, std::size_t piece = 100'000) {
  ReadBytes result;
  const auto stop = [&](const base::Error& error) {
    result.problem = error.message;
    result.code = error.code;
    return result;
  };
  auto source = open_byte_source(path);
  if (!source) return stop(source.error());
  ByteList buffer(piece);
  while (true) {
    const auto size = (*source)->read(buffer);
    if (!size) return stop(size.error());
    if (*size == 0) return result;
    result.bytes.insert(result.bytes.end(), buffer.begin(),
                        buffer.begin() + static_cast<long>(*size));
  }
}

class CompressedByteSource : public ::testing::TestWithParam<std::string> {
 protected:
  ByteList compress(const ByteList& bytes) const {
    return GetParam() == ".gz" ? gzip_of(bytes) : zstd_of(bytes);
  }
  std::string write(const ByteList& bytes) const {
    return directory_.write("binlog.000001" + GetParam(), bytes);
  }

 private:
  TestDirectory directory_;
};

TEST_P(CompressedByteSource, GivesWhatWasCompressed) {
  const std::string path = write(compress(content()));

  for (const std::size_t piece : {std::size_t{777}, std::size_t{1} << 20U}) {
    const ReadBytes read = read_all(path, piece);
    EXPECT_EQ(read.problem, "");
    EXPECT_TRUE(read.bytes == content());
  }
}

TEST_P(CompressedByteSource, StreamsOneBehindTheOtherAreOne) {
  ByteList two = compress({1, 2, 3});
  const ByteList second = compress({4, 5});
  two.insert(two.end(), second.begin(), second.end());

  EXPECT_EQ(read_all(write(two)).bytes, (ByteList{1, 2, 3, 4, 5}));
}

TEST_P(CompressedByteSource, EarlyEndIsSaidBehindWhatIsThere) {
  const ByteList whole = compress(content());
  for (const std::size_t missing : {std::size_t{1}, std::size_t{5}, whole.size() / 2}) {
    const ReadBytes read =
        read_all(write(ByteList(whole.begin(), whole.end() - static_cast<long>(missing))));

    EXPECT_EQ(read.code, ErrorCode::kCorrupt) << missing;
    EXPECT_NE(read.problem.find("compression ends early"), std::string::npos) << read.problem;
    EXPECT_GT(read.bytes.size(), 500'000U) << missing;
  }
}

TEST_P(CompressedByteSource, DamageIsSaid) {
  ByteList damaged = compress(content());
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 64; ++i) damaged[i] ^= 0x5aU;

  const ReadBytes read = read_all(write(damaged));

  EXPECT_EQ(read.code, ErrorCode::kCorrupt);
  EXPECT_NE(read.problem.find("compression is damaged ("), std::string::npos) << read.problem;
}

TEST_P(CompressedByteSource, WhatFollowsTheStreamIsNotPassedOver) {
  ByteList longer = compress({1, 2, 3});
  longer.insert(longer.end(), {'m', 'o', 'r', 'e', '.', '.', '.', '.'});

  const ReadBytes read = read_all(write(longer));

  EXPECT_EQ(read.code, ErrorCode::kCorrupt) << read.problem;
}

INSTANTIATE_TEST_SUITE_P(Endings, CompressedByteSource, ::testing::Values(".gz", ".zst"),
                         [](const auto& tested) { return tested.param.substr(1); });

TEST(ByteSource, FileWithAnotherEndingIsGivenAsItIs) {
  const TestDirectory directory;
  const ByteList compressed = gzip_of({1, 2, 3});

  EXPECT_EQ(read_all(directory.write("binlog.000001", compressed)).bytes, compressed);
}

TEST(ByteSource, MissingFilesAndDirectoriesAreRefused) {
  const TestDirectory directory;

  const ReadBytes missing = read_all(directory.path("none"));
  const ReadBytes folder = read_all(directory.path());

  EXPECT_EQ(missing.problem, "cannot be opened: No such file or directory");
  EXPECT_EQ(missing.code, ErrorCode::kInvalid);
  EXPECT_EQ(folder.problem, "is a directory; name files in it");
}

}  // namespace
}  // namespace pikachu::decode
