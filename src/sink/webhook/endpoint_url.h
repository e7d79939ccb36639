#pragma once

#include <string>

#include "base/result.h"

namespace pikachu::sink::webhook {

struct CurlFunctions;

/// `url` as it may be shown in logs: scheme, host, port and path; without user, password, query and
/// fragment, which may hold secrets.
/// Errors: kInvalid if it is not an absolute http or https URL; the message does not repeat it.
base::Result<std::string> printable_url(const CurlFunctions& curl, const std::string& url);

}  // namespace pikachu::sink::webhook
