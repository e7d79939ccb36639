#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pikachu::test {

/// What a statement returned; a missing value is NULL.
using SqlRows = std::vector<std::vector<std::optional<std::string>>>;

/// A client's connection to a server under test, made straight through the client library: what a
/// test does to a server must not depend on the code that it tests.
///
/// Threads: one owner.
class SqlConnection {
 public:
  /// Connects through a Unix socket. Errors: kUnavailable, with the library's words.
  static base::Result<SqlConnection> open(const std::string& socket, const std::string& user,
                                          const std::string& password);

  /// Runs one statement. Errors: kRejected, with the server's words.
  base::Result<SqlRows> query(std::string_view sql);

 private:
  struct Close {
    void operator()(void* connection) const;
  };
  explicit SqlConnection(void* connection) : connection_(connection) {}

  std::unique_ptr<void, Close> connection_;
};

}  // namespace pikachu::test
