#include "sink/webhook/reserved_headers.h"

#include <algorithm>
#include <array>

namespace pikachu::sink::webhook {

bool is_reserved_header(std::string_view lower_case_name) {
  constexpr std::array<std::string_view, 11> kNames = {
      "host",       "content-length", "content-type", "user-agent", "transfer-encoding",
      "connection", "expect",         "te",           "trailer",    "upgrade",
      "keep-alive"};
  return std::find(kNames.begin(), kNames.end(), lower_case_name) != kNames.end() ||
         lower_case_name.starts_with("webhook-") || lower_case_name.starts_with("pikachu-");
}

}  // namespace pikachu::sink::webhook
