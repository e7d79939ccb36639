#pragma once

#include <cstdint>
#include <string_view>

#include "binlog/event_header.h"
#include "wire/byte_reader.h"

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
    return 1 + offset_size_ + (is_object_ ? offset_size_ + 2 : 0);
  }

  /// The next item. REQUIRES: called not more than count() times. Means nothing after a problem.
  Item next();

  /// What is impossible about it; null if nothing has shown yet.
  const char* problem() const { return problem_; }

 private:
  Item fail(const char* problem);

  Bytes container_;
  wire::ByteReader keys_;
  wire::ByteReader values_;
  std::uint64_t count_ = 0;
  std::size_t offset_size_ = 2;
  bool is_object_ = false;
  const char* problem_ = nullptr;
};

}  // namespace pikachu::binlog
