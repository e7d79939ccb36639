#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "config/database_host.h"
#include "config/known_keys.h"
#include "config/secret.h"
#include "config/sections.h"
#include "config/start_from.h"

namespace pikachu::config {
namespace {

using mysql::TlsMode;

// The place of the choice in the table's list, which is in the order of the enumeration.
template <typename Enum>
void read_choice(const Settings& document, std::string_view path, Enum& to) {
  const auto value = document.text(path);
  const KnownKey* key = find_known_key(path);
  if (!value || key == nullptr) return;
  std::string_view choices = key->detail;
  for (int i = 0; !choices.empty(); ++i) {
    if (next_choice(choices) == *value) to = static_cast<Enum>(i);
  }
}

void read_tls(const Settings& document, const std::string& socket, mysql::TlsOptions& tls) {
  read_choice(document, "database.tls.mode", tls.mode);
  document.read("database.tls.ca", tls.ca);
  document.read("database.tls.cert", tls.cert);
  document.read("database.tls.key", tls.key);
  const bool verifies = tls.mode == TlsMode::kVerifyCa || tls.mode == TlsMode::kVerifyIdentity;
  if (verifies && tls.ca.empty() && document.map().member("database") != nullptr) {
    document.error("database.tls.mode",
                   "nothing to verify by; set database.tls.ca to the PEM file of the authority "
                   "that signed the server's certificate");
  }
  if (tls.mode == TlsMode::kVerifyIdentity && !socket.empty()) {
    document.error("database.tls.mode",
                   "verify_identity compares the server's name, and a socket has none; write "
                   "verify_ca, or connect by database.host");
  }
  if (!verifies && !tls.ca.empty()) {
    document.warning("database.tls.ca", "is not examined in this mode; write mode: verify_ca");
  }
  if (tls.cert.empty() != tls.key.empty()) {
    document.error(tls.cert.empty() ? "database.tls.key" : "database.tls.cert",
                   "certificate and key go together; set database.tls.cert and database.tls.key");
  }
  for (const char* path : {"database.tls.ca", "database.tls.cert", "database.tls.key"}) {
    const auto file = document.text(path);
    if (!file) continue;
    if (auto readable = check_readable(*file); !readable) {
      document.error(path, readable.error().message);
    }
  }
}

// Names of character sets are words; anything else would end up in a statement.
void read_charset(const Settings& document, std::string& charset) {
  document.read("database.charset", charset);
  const bool is_word = !charset.empty() && std::all_of(charset.begin(), charset.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!is_word) {
    document.error("database.charset",
                   in_quotes(charset) + " is no character set; write utf8mb4, or remove the key");
  }
}

void read_admin(const Settings& document, admin::AdminOptions& admin) {
  document.read("server.enabled", admin.enabled);
  document.read("server.host", admin.host);
  document.read_integer("server.port", admin.port);
  document.read("server.path", admin.health_path);
  if (admin.host.empty() || has_blank_or_control(admin.host)) {
    document.error("server.host", in_quotes(admin.host) +
                                      " is no address to listen on; write 0.0.0.0 or 127.0.0.1");
  }
  constexpr std::array<std::string_view, 5> kTaken = {"/", "/metrics", "/api", "/health/live",
                                                      "/health/ready"};
  const std::string& path = admin.health_path;
  if (path.empty() || path.front() != '/' || has_blank_or_control(path) ||
      path.find_first_of("?#") != std::string::npos) {
    document.error("server.path", in_quotes(path) + " is no path; write /health, for example");
  } else if (std::find(kTaken.begin(), kTaken.end(), path) != kTaken.end()) {
    document.error("server.path",
                   in_quotes(path) + " is taken by something else; write /health, for example");
  }
}

}  // namespace

void read_database(const Settings& document, Config& config) {
  const Member* section = document.map().member("database");
  if (section == nullptr || section->value.kind != Node::Kind::kMap) return;  // It was reported.
  mysql::ConnectionOptions& connection = config.connection;
  read_addresses(document, connection);
  document.read("database.user", connection.user);
  if (auto password = read_secret(document, "database.password", "database.password_file")) {
    connection.password = *std::move(password);
  }
  document.read("database.database", config.database);
  document.read_integer("database.server_id", connection.server_id);
  read_charset(document, connection.charset);
  read_tls(document, connection.socket, connection.tls);
  document.read("database.heartbeat", connection.heartbeat);
  document.read("database.connect_timeout", connection.connect_timeout);
  document.read("database.failover_patience", connection.failover_patience);
  if (const auto text = document.text("database.start_from")) {
    auto start = parse_start_from(*text);
    if (!start) return document.error("database.start_from", start.error().message);
    config.source.start_from = *std::move(start);
  }
}

void read_service(const Settings& document, Config& config) {
  read_choice(document, "log.level", config.log.level);
  read_choice(document, "log.format", config.log.format);
  read_admin(document, config.admin);
  document.read("state.dir", config.state_dir);
  if (config.state_dir.empty()) {
    document.error("state.dir", "is empty; write a directory, ./data for example");
  }
  config.source.spill_dir = config.state_dir;
  document.read("state.checkpoint_interval", config.checkpoint_interval);
  document.read_size("limits.transaction_memory", config.source.transaction_memory_bytes);
  document.read("shutdown_timeout", config.shutdown_timeout);
}

sink::webhook::EndpointOptions read_dispatcher(const Settings& document, Config& config) {
  document.read_integer("dispatcher.loops", config.webhook.loops);
  document.read_integer("dispatcher.max_connections", config.webhook.max_connections);
  if (const auto idle = document.duration("dispatcher.idle_conn_timeout")) {
    config.webhook.idle_connection_timeout = std::chrono::floor<std::chrono::seconds>(*idle);
  }
  sink::webhook::EndpointOptions defaults;
  document.read_integer("dispatcher.max_in_flight", defaults.max_in_flight);
  document.read("dispatcher.timeout", defaults.timeout);
  document.read_integer("dispatcher.max_retries", defaults.max_retries);
  document.read("dispatcher.retry_base_delay", defaults.retry_first);
  document.read("dispatcher.retry_max_delay", defaults.retry_cap);
  if (defaults.retry_first > defaults.retry_cap) {
    const bool has_cap = document.at("dispatcher.retry_max_delay") != nullptr;
    document.error(has_cap ? "dispatcher.retry_max_delay" : "dispatcher.retry_base_delay",
                   "dispatcher.retry_base_delay is longer than dispatcher.retry_max_delay (60s by "
                   "default); raise the second or lower the first");
  }
  document.read_integer("dispatcher.queue_size", defaults.queue_changes);
  document.read_integer("limits.queue_changes", defaults.queue_changes);
  document.read_size("limits.queue_bytes", defaults.queue_bytes);
  document.read_size("limits.disk", config.backlog.max_bytes);
  document.read_size("limits.disk_per_task", config.backlog.max_bytes_per_task);
  if (document.at("dispatcher.queue_size") != nullptr &&
      document.at("limits.queue_changes") != nullptr) {
    document.error("dispatcher.queue_size", "limits.queue_changes says it too; remove this one");
  }
  return defaults;
}

}  // namespace pikachu::config
