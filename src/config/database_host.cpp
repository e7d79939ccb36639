#include "config/database_host.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/units.h"

namespace pikachu::config {
namespace {

using base::ErrorCode;
using mysql::ServerAddress;

constexpr std::size_t kMostServers = 32;
constexpr std::int64_t kHighestPort = 65'535;

base::Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  const auto number = parse_integer(text);
  if (number && *number >= 1 && *number <= kHighestPort) {
    return static_cast<std::uint16_t>(*number);
  }
  return base::fail(ErrorCode::kInvalid, in_quotes(whole) +
                                             " has no port behind its colon; write 1 to 65535, or "
                                             "brackets around an IPv6 address");
}

// What is wrong with a host, with its remedy; "" if nothing is.
std::string host_problem(std::string_view host) {
  if (host.empty()) return in_quotes(host) + " is no host; write a name or an address";
  if (host.find('/') != std::string_view::npos) {
    return in_quotes(host) + " is a path; a Unix socket goes into database.socket";
  }
  if (has_blank_or_control(host)) {
    return in_quotes(host) + " has a blank in it; write a name or an address";
  }
  return "";
}

// One server in one value: its port stands in database.port.
void read_single(const Settings& document, const Node& node, mysql::ConnectionOptions& connection) {
  const std::string_view text = node.text;
  if (const auto problem = host_problem(text); !problem.empty()) {
    return document.error("database.host", problem);
  }
  if (std::count(text.begin(), text.end(), ':') == 1) {
    return document.error("database.host", in_quotes(text) +
                                               " has a port in it; the port goes into "
                                               "database.port");
  }
  auto address = parse_address(text, connection.port);
  if (!address) return document.error("database.host", address.error().message);
  connection.host = std::move(address->host);
}

void read_list(const Settings& document, const Node& list, mysql::ConnectionOptions& connection) {
  if (list.items.size() > kMostServers) {
    return document.error("database.host", "lists " + std::to_string(list.items.size()) +
                                               " servers; the limit is " +
                                               std::to_string(kMostServers));
  }
  std::vector<ServerAddress> servers;
  for (const Node& item : list.items) {
    if (item.is_invalid) continue;
    auto address = parse_address(item.text, connection.port);
    if (!address) {
      document.error_at(item, "database.host", address.error().message);
    } else if (std::find(servers.begin(), servers.end(), *address) != servers.end()) {
      document.error_at(item, "database.host",
                        in_quotes(item.text) + " is there twice; keep one of them");
    } else {
      servers.push_back(std::move(*address));
    }
  }
  if (servers.empty()) return;  // It was reported.
  connection.host = servers.front().host;
  connection.port = servers.front().port;
  connection.others.assign(servers.begin() + 1, servers.end());
}

}  // namespace

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '\x7F'; });
}

base::Result<ServerAddress> parse_address(std::string_view text, std::uint16_t port) {
  ServerAddress address{std::string(text), port};
  std::string_view behind;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) {
      return base::fail(ErrorCode::kInvalid,
                        in_quotes(text) + " has no ] behind its address; write [::1]:3306");
    }
    address.host = text.substr(1, end - 1);
    behind = text.substr(end + 1);
    if (!behind.empty() && behind.front() != ':') {
      return base::fail(ErrorCode::kInvalid,
                        in_quotes(text) +
                            " has something else than a port behind its address; "
                            "write [::1]:3306");
    }
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    address.host = text.substr(0, text.find(':'));
    behind = text.substr(text.find(':'));
  }
  if (const auto problem = host_problem(address.host); !problem.empty()) {
    return base::fail(ErrorCode::kInvalid, problem);
  }
  if (behind.empty()) return address;
  auto number = parse_port(behind.substr(1), text);
  if (!number) return base::propagate(std::move(number));
  address.port = *number;
  return address;
}

void read_addresses(const Settings& document, mysql::ConnectionOptions& connection) {
  document.read("database.socket", connection.socket);
  document.read_integer("database.port", connection.port);
  const Node* const host = document.at("database.host");
  if (!connection.socket.empty()) {
    if (host != nullptr) {
      document.warning("database.host", "is not used, because database.socket is set; remove one");
    }
    return;
  }
  const Member* const member = document.map().member("database")->value.member("host");
  const bool is_missing =
      member == nullptr || member->value.kind == Node::Kind::kNull ||
      (host != nullptr && host->kind == Node::Kind::kScalar && host->text.empty());
  if (is_missing) {
    document.error("database.host",
                   "is missing; it is the server's name or address (or write database.socket)");
  } else if (host != nullptr && host->kind == Node::Kind::kList) {
    read_list(document, *host, connection);
  } else if (host != nullptr) {
    read_single(document, *host, connection);
  }
}

}  // namespace pikachu::config
