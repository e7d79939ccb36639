#include "telemetry/log_line.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/utc_time.h"

namespace pikachu::telemetry {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kLevelWidth = 5;  // "ERROR", the longest name.

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The length of the UTF-8 character at the front of `text`, or 0 if there is none: a stray
// continuation byte, a truncated or overlong form, a surrogate, beyond U+10FFFF.
// Unicode 15, section 3.9, table 3-7.
std::size_t utf8_length(std::string_view text) {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
  }
  const auto second = byte_at(text, 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

void append_hex(unsigned char byte, std::string& out) {
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0x0FU];
}

// '\n' gives 'n'; 0 where the character has no short escape.
char short_escape(unsigned char byte) {
  switch (byte) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return '\0';
  }
}

// C1 controls, U+0080 to U+009F: U+009B starts a terminal's control sequence just as ESC [ does.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && byte_at(character, 0) == 0xC2 && byte_at(character, 1) < 0xA0;
}

void append_text(std::string_view text, bool quoted, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text.substr(at));
    const auto character = text.substr(at, std::max<std::size_t>(length, 1));
    const auto byte = byte_at(character, 0);
    if (length == 0 || is_c1_control(character) || byte == 0x7F || byte < 0x20) {
      if (const char escape = short_escape(byte); escape != '\0') {
        (out += '\\') += escape;
      } else {
        for (const char each : character) {
          append_hex(static_cast<unsigned char>(each), out += "\\x");
        }
      }
    } else {
      if (quoted && (byte == '"' || byte == '\\')) out += '\\';
      out += character;
    }
    at += character.size();
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '=';
         });
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text.substr(at));
    const auto byte = byte_at(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      (out += '\\') += text[at];
    } else if (const char escape = short_escape(byte); escape != '\0') {
      (out += '\\') += escape;
    } else if (byte < 0x20 || byte == 0x7F) {
      append_hex(byte, out += "\\u00");
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  out += '"';
}

std::string upper_case(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

std::string text_line(std::string time, LogLevel level, std::string_view component,
                      std::string_view message, std::span<const LogField> fields) {
  std::string line = std::move(time);
  auto name = upper_case(to_string(level));
  if (name.size() < kLevelWidth) name.resize(kLevelWidth, ' ');
  (line += ' ') += name;
  line += ' ';
  append_text(component, false, line);
  if (!component.empty()) line += "  ";
  append_text(message, false, line);
  for (const auto& field : fields) {
    line += ' ';
    append_text(field.key, false, line);
    line += '=';
    const bool quoted = !field.is_number && needs_quotes(field.value);
    if (quoted) line += '"';
    append_text(field.value, quoted, line);
    if (quoted) line += '"';
  }
  return line;
}

std::string json_line(const std::string& time, LogLevel level, std::string_view component,
                      std::string_view message, std::span<const LogField> fields) {
  std::string line = R"({"time":")" + time + R"(","level":")";
  (line += to_string(level)) += R"(","component":)";
  append_json_string(component, line);
  line += R"(,"message":)";
  append_json_string(message, line);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(field.key, line);
    line += ':';
    if (field.is_number) {
      line += field.value;
    } else {
      append_json_string(field.value, line);
    }
  }
  line += '}';
  return line;
}

}  // namespace

std::string_view to_string(LogLevel level) {
  constexpr std::array<std::string_view, 6> kNames = {"debug", "info",  "warn",
                                                      "error", "fatal", "panic"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string format_line(LogFormat format, std::chrono::system_clock::time_point time,
                        LogLevel level, std::string_view component, std::string_view message,
                        std::span<const LogField> fields) {
  auto stamp = base::to_utc(time, 3);
  return format == LogFormat::kJson
             ? json_line(stamp, level, component, message, fields)
             : text_line(std::move(stamp), level, component, message, fields);
}

}  // namespace pikachu::telemetry
