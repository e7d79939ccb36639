#include "change/row_change.h"

#include "base/decimal_text.h"

namespace pikachu::change {
namespace {

using base::append_unsigned;

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// '~' is not plain, so no two names have the same text.
void append_escaped(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '~';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0x0FU];
  }
}

}  // namespace

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::kInsert:
      return "insert";
    case Operation::kUpdate:
      return "update";
    case Operation::kDelete:
      return "delete";
  }
  return "unknown";
}

void append_event_id(const RowChange& change, std::string& out) {
  append_event_id_prefix(change, out);
  append_unsigned(change.row, out);
}

void append_event_id_prefix(const RowChange& change, std::string& out) {
  if (!change.transaction->gtid.empty()) {
    const std::size_t begin = out.size();
    out += change.transaction->gtid;
    for (std::size_t i = begin; (i = out.find(':', i)) != std::string::npos;) out[i] = '-';
  } else {
    append_escaped(change.transaction->server, out);
    out += '-';
    append_escaped(change.file, out);
    out += '-';
    append_unsigned(change.offset, out);
  }
  out += '-';
}

}  // namespace pikachu::change
