#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

namespace pikachu::config {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

base::Result<std::string> value_of(std::string_view expression) {
  const std::size_t separator = expression.find(":-");
  const std::string name(expression.substr(0, separator));
  if (!is_name(name)) {
    return base::fail(base::ErrorCode::kInvalid,
                      "what stands in ${…} is no variable; write ${NAME} or ${NAME:-default}, or "
                      "$${ for a literal ${");
  }
  const char* value = std::getenv(name.c_str());
  const bool has_default = separator != std::string_view::npos;
  if (value != nullptr && (*value != '\0' || !has_default)) return std::string(value);
  if (has_default) return std::string(expression.substr(separator + 2));
  return base::fail(base::ErrorCode::kInvalid, "${" + name +
                                                   "} is not set in the environment; set it, or "
                                                   "write ${" +
                                                   name + ":-default}");
}

}  // namespace

base::Result<std::string> substitute(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("${");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const bool is_escaped = begin > 0 && text[begin - 1] == '$';
    text.remove_prefix(begin + 2);
    if (is_escaped) {
      out += '{';  // The escape's own '$' stays as the one of "${".
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return base::fail(base::ErrorCode::kInvalid,
                        "a ${ is not closed; write ${NAME}, or $${ for a literal ${");
    }
    auto value = value_of(text.substr(0, end));
    if (!value) return value;
    out += *value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace pikachu::config
