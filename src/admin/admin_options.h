#pragma once

#include <cstdint>
#include <string>

namespace pikachu::admin {

/// The HTTP server for operators.
struct AdminOptions {
  bool enabled = false;
  std::string host = "0.0.0.0";
  std::uint16_t port = 8080;  ///< 0: any free one (tests).
  std::string health_path = "/health";
};

}  // namespace pikachu::admin
