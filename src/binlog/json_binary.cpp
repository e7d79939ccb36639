#include "binlog/json_binary.h"

namespace pikachu::binlog {
namespace {

/// Whether a value stands in the place of its offset.
bool is_inlined(JsonType type, std::size_t offset_size) {
  switch (type) {
    case JsonType::kLiteral:
    case JsonType::kInt16:
    case JsonType::kUint16:
      return true;
    case JsonType::kInt32:
    case JsonType::kUint32:
      return offset_size == 4;
    default:
      return false;
  }
}

}  // namespace

JsonValue json_document(Bytes document) {
  static constexpr std::uint8_t kNull = 0;
  if (document.empty()) return {JsonType::kLiteral, Bytes(&kNull, 1)};
  return {static_cast<JsonType>(document[0]), document.subspan(1)};
}

JsonItems::JsonItems(const JsonValue& container) : is_object_(container.is_object()) {
  const bool large =
      container.type == JsonType::kLargeObject || container.type == JsonType::kLargeArray;
  offset_size_ = large ? 4 : 2;
  wire::ByteReader head(container.bytes);
  const std::uint64_t count = head.uint(offset_size_);
  const std::uint64_t size = head.uint(offset_size_);
  const std::uint64_t header_size = head.position() + count * entry_size();
  if (!head.ok() || size > container.bytes.size() || header_size > size) {
    problem_ = "an array or object goes beyond its end";
    return;
  }
  count_ = count;
  container_ = container.bytes.first(static_cast<std::size_t>(size));
  keys_ = wire::ByteReader(container_.subspan(head.position()));
  values_ = keys_;
  if (is_object_) values_.skip(count * (offset_size_ + 2));
}

JsonItems::Item JsonItems::next() {
  Item item;
  if (is_object_) {
    const std::uint64_t offset = keys_.uint(offset_size_);
    const std::uint64_t length = keys_.u16();
    wire::ByteReader in(container_);
    in.skip(offset);
    item.key = in.text(length);
    if (!in.ok()) return fail("a key goes beyond its object");
  }
  item.value.type = static_cast<JsonType>(values_.u8());
  const Bytes entry = values_.bytes(offset_size_);
  if (is_inlined(item.value.type, offset_size_)) {
    item.value.bytes = entry;
    return item;
  }
  const std::uint64_t offset = wire::ByteReader(entry).uint(offset_size_);
  if (offset >= container_.size()) return fail("a value's offset goes beyond its container");
  item.value.bytes = container_.subspan(static_cast<std::size_t>(offset));
  return item;
}

JsonItems::Item JsonItems::fail(const char* problem) {
  problem_ = problem;
  return {};
}

}  // namespace pikachu::binlog
