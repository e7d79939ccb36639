#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pikachu::config {

/// What matters here of an absolute URL.
struct Url {
  std::string host;
  bool has_userinfo = false;
  bool has_query = false;
};

/// Examines an http or https URL: scheme, host, port, no fragment, no blanks or control characters,
/// at most 8192 bytes. Errors: kInvalid, with the remedy; the message shows no user, password, path
/// or query. Spec: RFC 3986, section 3.
base::Result<Url> parse_url(std::string_view text);

}  // namespace pikachu::config
