#include "receive/webhook_line.h"

#include <nlohmann/json.hpp>

#include "base/utc_time.h"

namespace pikachu::receive {
namespace {

using Json = nlohmann::json;

/// Text from outside that stands between blanks: as it is if it cannot be mistaken.
std::string word(std::string_view text) {
  if (text.empty()) return "-";
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') return escaped(text);
  }
  return std::string(text);
}

std::string field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "-";
  if (found->is_string()) return word(found->get_ref<const std::string&>());
  return found->dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

std::string webhook_line(const Request& request, std::chrono::system_clock::time_point now) {
  auto line = base::to_utc(now, 3) + " " + request.method + " " + word(request.target);
  const auto json = Json::parse(request.body, nullptr, false);
  if (json.is_object()) {
    line += " " + field(json, "event") + " " + field(json, "database") + "." +
            field(json, "table") + " " + field(json, "primary_id");
  } else {
    line += " - -.- -";
  }
  line += " id=" + word(request.header("webhook-id"));
  line += " attempt=" + word(request.header("pikachu-attempt")) + " ";
  line += json.is_discarded() ? "not JSON: " + escaped(request.body) : compact_json(request.body);
  line += '\n';
  return line;
}

std::string compact_json(std::string_view json) {
  std::string compact;
  compact.reserve(json.size());
  bool is_in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_in_string && c == '\\' && i + 1 < json.size()) {
      compact += c;
      compact += json[++i];
      continue;
    }
    if (c == '"') is_in_string = !is_in_string;
    if (is_in_string || (c != ' ' && c != '\t' && c != '\r' && c != '\n')) compact += c;
  }
  return compact;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c >= ' ' && c <= '~') {
      quoted += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      quoted += "\\x";
      quoted += kDigits[byte >> 4U];
      quoted += kDigits[byte & 0x0fU];
    }
  }
  quoted += '"';
  return quoted;
}

}  // namespace pikachu::receive
