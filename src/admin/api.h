#pragma once

#include <functional>
#include <map>
#include <string>

namespace pikachu::admin {

/// A request for a path below /api/.
struct ApiRequest {
  std::string method;                             ///< "GET", "HEAD" or "POST".
  std::string path;                               ///< Decoded: "/api/deadletters".
  std::map<std::string, std::string> parameters;  ///< Decoded; of several of a name, the first.
  std::string body;                               ///< Of a POST: JSON, at most 1 MiB.
};

struct ApiReply {
  int status = 200;
  std::string json;
};

/// Answers requests for paths below /api/. Threads: any, several at a time.
using Api = std::function<ApiReply(const ApiRequest&)>;

}  // namespace pikachu::admin
