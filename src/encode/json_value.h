#pragma once

#include <cstdint>
#include <string_view>

#include "change/value.h"
#include "encode/text_buffer.h"

namespace pikachu::encode {

/// Writes one value as JSON; absent as null.
/// Spec: docs/reference/webhook.md, "Values".
void put_value(const change::Value& value, TextBuffer& out);

/// Writes a whole number in decimal.
void put_number(std::uint64_t number, TextBuffer& out);

/// Writes `bytes` as base64 with padding, without quotes. Spec: RFC 4648, section 4.
void put_base64(std::string_view bytes, TextBuffer& out);

/// Writes an instant in UTC, in quotes, with six digits of fraction or none:
/// "2024-02-29T12:00:00.000001Z". Spec: RFC 3339, section 5.6.
void put_timestamp(std::int64_t microseconds_since_1970, bool has_microseconds, TextBuffer& out);

}  // namespace pikachu::encode
