#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/byte_source.h"
#include "tests/unit/source/event_builder.h"

namespace pikachu::decode::testing {

using ByteList = std::vector<std::uint8_t>;

/// A file of these events: the magic bytes, and one behind the other.
inline ByteList binlog_of(std::initializer_list<ByteList> events) {
  ByteList file{0xfe, 'b', 'i', 'n'};
  for (const ByteList& event : events) file.insert(file.end(), event.begin(), event.end());
  return file;
}

/// An event that is a header and zeros: nothing but its size is looked at.
inline ByteList event_of_size(std::uint32_t size, binlog::EventType type, std::uint16_t flags = 0) {
  ByteList event(size);
  event[4] = static_cast<std::uint8_t>(type);
  for (std::size_t i = 0; i < 4; ++i) event[9 + i] = static_cast<std::uint8_t>(size >> 8 * i);
  event[17] = static_cast<std::uint8_t>(flags);
  event[18] = static_cast<std::uint8_t>(flags >> 8);
  return event;
}

/// Bytes in memory, given out in pieces of at most `piece`; fails at their end if told to.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(ByteList bytes, std::size_t piece = SIZE_MAX, bool fails = false)
      : bytes_(std::move(bytes)), piece_(piece), fails_(fails) {}

  base::Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t size = std::min({into.size(), piece_, bytes_.size() - position_});
    if (size == 0 && fails_) return base::fail(base::ErrorCode::kCorrupt, "the disk is gone");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position_), size, into.begin());
    position_ += size;
    return size;
  }

 private:
  ByteList bytes_;
  std::size_t piece_;
  bool fails_;
  std::size_t position_ = 0;
};

/// A directory of the test's own, removed with what is in it.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "pikachu-decode-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  std::string path(std::string_view name = "") const { return path_ / name; }
  std::string write(std::string_view name, std::span<const std::uint8_t> bytes) const {
    std::ofstream out(path_ / name, std::ios::binary);
    for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
    return path(name);
  }
  std::string read(std::string_view name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace pikachu::decode::testing
