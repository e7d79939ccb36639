#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pikachu::mysql {

/// How much the connection's encryption is insisted on.
enum class TlsMode : std::uint8_t {
  kDisabled,
  kPreferred,       ///< Encrypted if the server can; says so in the log if it can't.
  kRequired,        ///< Encrypted, or no connection. The certificate is not examined.
  kVerifyCa,        ///< And the certificate comes from `ca`.
  kVerifyIdentity,  ///< And it is made out to the host that was asked for.
};

struct TlsOptions {
  TlsMode mode = TlsMode::kPreferred;
  std::string ca;    ///< Path of a PEM file; needed by the verify modes.
  std::string cert;  ///< Path of the client's certificate, or "".
  std::string key;   ///< Path of its private key, or "".
};

/// Where a server listens.
struct ServerAddress {
  std::string host;  ///< A name, or an address without brackets.
  std::uint16_t port = 3306;
  bool operator==(const ServerAddress&) const = default;
};

/// "db.example:3306", "[::1]:3306".
std::string to_string(const ServerAddress& address);

/// How to reach the server, and as what kind of replica.
struct ConnectionOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  /// Servers that are tried in turn where the first can't be streamed from: its replicas.
  std::vector<ServerAddress> others;
  std::string socket;  ///< Path of a Unix socket; if set, host, port and others are not used.
  std::string user;
  std::string password;
  /// What SHOW REPLICAS shows; must differ from every other replica's and the server's own. 1 to
  /// 2^32-1.
  std::uint32_t server_id = 0;
  /// Who we are among all that may use this server_id: at most 32 letters and digits, the same
  /// after a restart. A connection that bears it is ours, and we are the only one of that name that
  /// lives. "" for a name that lasts as long as the opener.
  std::string instance;
  std::string charset = "utf8mb4";  ///< Accepted and not used: connections are always utf8mb4.
  TlsOptions tls;
  std::chrono::milliseconds connect_timeout{10'000};
  /// How often the server speaks up when there is nothing to send. Three of them missed: reconnect.
  std::chrono::milliseconds heartbeat{5'000};
  /// How long a server that was promoted without the last transactions of its predecessor is
  /// waited for, in case it or another gets them after all.
  std::chrono::milliseconds failover_patience{30'000};

  /// The servers, in the order in which they are tried. One without a host for a socket.
  std::vector<ServerAddress> addresses() const;
  /// The same account and manners, for one server.
  ConnectionOptions at(const ServerAddress& address) const;
  /// "db.example:3306", or the socket's path: for people.
  std::string shown_address() const;
};

}  // namespace pikachu::mysql
