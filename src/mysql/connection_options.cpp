#include "mysql/connection_options.h"

namespace pikachu::mysql {

std::string to_string(const ServerAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<ServerAddress> ConnectionOptions::addresses() const {
  if (!socket.empty()) return {ServerAddress{"", port}};
  std::vector<ServerAddress> all{ServerAddress{host, port}};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

ConnectionOptions ConnectionOptions::at(const ServerAddress& address) const {
  ConnectionOptions one = *this;
  one.others.clear();
  one.host = address.host;
  one.port = address.port;
  return one;
}

std::string ConnectionOptions::shown_address() const {
  return socket.empty() ? to_string(ServerAddress{host, port}) : socket;
}

}  // namespace pikachu::mysql
