#include "binlog/json_binary.h"

#include "wire/byte_reader.h"

namespace pikachu::binlog {

JsonValue json_document(Bytes document) {
  static constexpr std::uint8_t kNull = 0;
  if (document.empty()) return {JsonType::kLiteral, Bytes(&kNull, 1)};
  return {static_cast<JsonType>(document[0]), document.subspan(1)};
}

JsonItems::JsonItems(const JsonValue& container)
    : is_large_(container.type == JsonType::kLargeObject ||
                container.type == JsonType::kLargeArray),
      is_object_(container.is_object()) {
  wire::ByteReader head(container.bytes);
  const std::uint64_t count = head.uint(offset_size());
  const std::uint64_t size = head.uint(offset_size());
  const std::uint64_t header_size = head.position() + count * entry_size();
  if (!head.ok() || size > container.bytes.size() || header_size > size) {
    problem_ = "an array or object goes beyond its end";
    return;
  }
  count_ = count;
  container_ = container.bytes.first(static_cast<std::size_t>(size));
  keys_ = container_.data() + head.position();
  values_ = keys_;
  if (is_object_) values_ += count * (offset_size() + 2);
}

}  // namespace pikachu::binlog
