#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binlog/event_header.h"
#include "wire/little_endian.h"

namespace pikachu::binlog {

/// The type byte of a stored JSON value.
enum class JsonType : std::uint8_t {
  kSmallObject = 0x00,
  kLargeObject = 0x01,
  kSmallArray = 0x02,
  kLargeArray = 0x03,
  kLiteral = 0x04,
  kInt16 = 0x05,
  kUint16 = 0x06,
  kInt32 = 0x07,
  kUint32 = 0x08,
  kInt64 = 0x09,
  kUint64 = 0x0a,
  kDouble = 0x0b,
  kString = 0x0c,
  kOpaque = 0x0f,
};

/// One value where it is stored: its type, and the bytes from its first on. How many of them are
/// its own, it says itself; what is behind them belongs to others, or to nobody.
struct JsonValue {
  JsonType type = JsonType::kLiteral;
  Bytes bytes;

  bool is_object() const {
    return type == JsonType::kSmallObject || type == JsonType::kLargeObject;
  }
  bool is_array() const { return type == JsonType::kSmallArray || type == JsonType::kLargeArray; }
};

/// A whole document: a type byte and a value. Of zero bytes it is null, as MySQL 5.7 reads it.
JsonValue json_document(Bytes document);

/// The items of an object or array, front to back. Offsets are followed, not counted: a value that
/// was updated in place may have unused bytes in it.
///
///     count size [object: (key_offset key_size:u16) * count] (type:u8 offset_or_value) * count
///
/// Numbers without a size are of two bytes, of four in the large forms.
/// Lifetime: items point into the value's bytes. Spec: mysql-server 9.7
/// sql-common/json_binary.h.
class JsonItems {
 public:
  struct Item {
    std::string_view key;  ///< Empty in an array.
    JsonValue value;
  };

  /// REQUIRES: `container` is an object or an array.
  explicit JsonItems(const JsonValue& container);

  bool is_object() const { return is_object_; }
  std::uint64_t count() const { return count_; }
  /// Bytes that each item takes besides its key's text and its value.
  std::uint64_t entry_size() const {
    return 1 + offset_size() + (is_object_ ? offset_size() + 2 : 0);
  }

  /// The next item. REQUIRES: called not more than count() times. Means nothing after a problem.
  Item next() {
    Item item;
    if (is_object_) {
      const std::uint64_t offset = offset_at(keys_);
      const std::uint64_t length = wire::load_u16(keys_ + offset_size());
      keys_ += offset_size() + 2;
      if (offset + length > container_.size()) return fail("a key goes beyond its object");
      item.key = {reinterpret_cast<const char*>(container_.data()) + offset,
                  static_cast<std::size_t>(length)};
    }
    item.value.type = static_cast<JsonType>(*values_);
    const std::uint8_t* const entry = values_ + 1;
    values_ = entry + offset_size();
    if (is_inlined(item.value.type)) {
      item.value.bytes = Bytes(entry, offset_size());
      return item;
    }
    const std::uint64_t offset = offset_at(entry);
    if (offset >= container_.size()) return fail("a value's offset goes beyond its container");
    item.value.bytes = container_.subspan(static_cast<std::size_t>(offset));
    return item;
  }

  /// How many bytes can be read from where a key of this container begins.
  std::size_t readable(std::string_view key) const {
    const auto* const begin = reinterpret_cast<const char*>(container_.data());
    return static_cast<std::size_t>(begin + container_.size() - key.data());
  }

  /// What is impossible about it; null if nothing has shown yet.
  const char* problem() const { return problem_; }

 private:
  /// Offsets are of two bytes, in the large forms of four.
  std::size_t offset_size() const { return is_large_ ? 4 : 2; }
  std::uint64_t offset_at(const std::uint8_t* from) const {
    return is_large_ ? wire::load_u32(from) : wire::load_u16(from);
  }

  /// Whether a value stands in the place of its offset.
  bool is_inlined(JsonType type) const {
    switch (type) {
      case JsonType::kLiteral:
      case JsonType::kInt16:
      case JsonType::kUint16:
        return true;
      case JsonType::kInt32:
      case JsonType::kUint32:
        return is_large_;
      default:
        return false;
    }
  }

  Item fail(const char* problem) {
    problem_ = problem;
    return {};
  }

  Bytes container_;
  // The next entries; all of them are known to be inside the container.
  const std::uint8_t* keys_ = nullptr;
  const std::uint8_t* values_ = nullptr;
  std::uint64_t count_ = 0;
  bool is_large_ = false;
  bool is_object_ = false;
  const char* problem_ = nullptr;
};

}  // namespace pikachu::binlog
