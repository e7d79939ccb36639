#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"
#include "mysql/connection_options.h"

namespace pikachu::config {

/// Reads one server of a list: "db", "db:3307", "10.0.0.1", "[::1]:3307", "::1". `port` is that of
/// an address that has none. Errors: kInvalid, with the remedy.
base::Result<mysql::ServerAddress> parse_address(std::string_view text, std::uint16_t port);

/// Reads database.host, database.port and database.socket.
/// REQUIRES: the document has a section database.
void read_addresses(const Settings& document, mysql::ConnectionOptions& connection);

/// Whether there is a character in `text` that no name and no address has.
bool has_blank_or_control(std::string_view text);

}  // namespace pikachu::config
