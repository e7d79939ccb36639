#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tests/support/child_process.h"
#include "tests/support/sql_connection.h"
#include "tests/support/temporary_directory.h"

namespace pikachu::test {

/// The kinds of servers that scripts/mysql-servers knows.
inline constexpr std::array<std::string_view, 4> kServerKinds{"mariadb-10.11", "mariadb-11.8",
                                                              "mysql-5.6", "mysql-9.7"};

/// "mariadb-10.11" as a part of a test's name: "mariadb_10_11".
std::string test_name(std::string_view kind);

/// A MySQL or MariaDB server of the test's own, in a directory of its own, started by
/// scripts/mysql-servers. It dies with this object, and with the test.
///
///     auto server = ServerProcess::start("mysql-9.7", {"--gtid-mode=OFF"});
///     if (is_missing(server)) GTEST_SKIP() << server.error().message;
///     ASSERT_TRUE(server) << server.error().message;
///
/// Threads: one owner, and see ChildProcess: the thread that starts it must outlive it.
class ServerProcess {
 public:
  /// Starts a server with an empty data directory. `options` are mysqld's, on top of the script's.
  /// Errors: kUnavailable if this kind can't be had on this machine (skip the test and print why);
  /// kInvalid if it does not start, with the end of its log.
  static base::Result<std::unique_ptr<ServerProcess>> start(
      std::string_view kind, const std::vector<std::string>& options = {});

  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() = default;

  const std::string& kind() const { return kind_; }
  bool is_mariadb() const { return kind_.starts_with("mariadb"); }
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  const std::string& socket() const { return socket_; }
  /// Path of the test authority's certificate; the server's names are localhost and 127.0.0.1.
  const std::string& ca() const { return ca_; }
  const std::string& user() const { return user_; }  ///< May replicate and read.
  const std::string& password() const { return password_; }
  const std::string& root_user() const { return root_user_; }
  const std::string& root_password() const { return root_password_; }
  /// Its data directory; binlogs are in it.
  std::filesystem::path data_directory() const { return directory_.path() / "data"; }

  /// Shuts it down and waits. Errors: kInvalid if it does not end within a minute.
  base::Result<void> stop();
  /// kill -9, and waits.
  void kill();
  /// Starts it again with its data, on its port, after stop() or kill(). `options` replace the
  /// former.
  base::Result<void> start_again(const std::vector<std::string>& options = {});

  /// Runs statements as root, one after the other, on one kept connection.
  /// Errors: the first one; the rest is not run.
  base::Result<void> execute(const std::vector<std::string>& statements);
  base::Result<void> execute(std::string_view statement);
  /// The rows of a statement, run as root.
  base::Result<SqlRows> query(std::string_view sql);
  /// The first value of the first row, as root; "" if there is none, or it is NULL, or on an error.
  std::string value(std::string_view sql);
  /// A further connection, as root.
  base::Result<SqlConnection> connect() const;

 private:
  explicit ServerProcess(std::string_view kind) : kind_(kind) {}
  base::Result<void> prepare(const std::vector<std::string>& options, bool new_port);
  base::Result<void> run();
  std::string log_tail() const;

  std::string kind_;
  TemporaryDirectory directory_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string socket_;
  std::string ca_;
  std::string user_;
  std::string password_;
  std::string root_user_;
  std::string root_password_;
  std::unique_ptr<ChildProcess> process_;
  std::optional<SqlConnection> connection_;
};

/// The server of a kind that all tests of this program share, started at first use with the
/// script's own options. Errors: those of ServerProcess::start, the same each time. Lifetime: the
/// program.
base::Result<ServerProcess*> shared_server(std::string_view kind);

/// Whether a start failed because this kind can't be had on this machine: then, and only then, the
/// test is skipped.
template <typename Server>
bool is_missing(const base::Result<Server>& started) {
  return !started && started.error().code == base::ErrorCode::kUnavailable;
}

}  // namespace pikachu::test
