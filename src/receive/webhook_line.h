#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "receive/request_parser.h"

namespace pikachu::receive {

/// What there is to say about a webhook, in one line with its line feed:
///
///     <time> <method> <target> <event> <database>.<table> <primary_id> id=… attempt=… <body>
///
/// A body that is JSON is shown as it is, without line breaks and indentation; fields that it does
/// not have are shown as "-". Any other body is shown as an escaped string behind "not JSON:".
std::string webhook_line(const Request& request, std::chrono::system_clock::time_point now);

/// `json` without the white space between its tokens. REQUIRES: it is valid JSON.
std::string compact_json(std::string_view json);

/// `text` between quotes, everything but printable ASCII as \n, \", \\ or \xNN.
std::string escaped(std::string_view text);

}  // namespace pikachu::receive
