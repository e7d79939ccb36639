#pragma once

#include <chrono>
#include <cstdint>
#include <string>

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

/// How to reach the server, and as what kind of replica.
struct ConnectionOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string socket;  ///< Path of a Unix socket; if set, host and port are not used.
  std::string user;
  std::string password;
  /// What SHOW REPLICAS shows; must differ from every other replica's and the server's own. 1 to
  /// 2^32-1.
  std::uint32_t server_id = 0;
  std::string charset = "utf8mb4";  ///< Accepted and not used: connections are always utf8mb4.
  TlsOptions tls;
  std::chrono::milliseconds connect_timeout{10'000};
  /// How often the server speaks up when there is nothing to send. Three of them missed: reconnect.
  std::chrono::milliseconds heartbeat{5'000};
};

}  // namespace pikachu::mysql
