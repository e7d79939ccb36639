#include "config/url.h"

#include <algorithm>
#include <cstddef>

#include "config/report.h"
#include "config/units.h"

namespace pikachu::config {
namespace {

constexpr std::size_t kMaxBytes = 8'192;

tl::unexpected<base::Error> bad(std::string what) {
  return base::fail(base::ErrorCode::kInvalid, std::move(what));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_host_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || byte >= 0x80;
}

bool is_address_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.' || c == '%';
}

base::Result<void> check_port(std::string_view port) {
  const auto number = parse_integer(port);
  if (number && *number >= 1 && *number <= 65'535) return {};
  return bad("the port " + in_quotes(port) + " is not a number from 1 to 65535");
}

// "host", "host:port", "[::1]:port".
base::Result<std::string> parse_host(std::string_view authority) {
  const bool is_bracketed = !authority.empty() && authority.front() == '[';
  const std::size_t host_end =
      is_bracketed ? authority.find(']') + 1 : std::min(authority.find(':'), authority.size());
  if (is_bracketed && host_end == 0) return bad("the address opens a [ and does not close it");
  const std::string_view host = authority.substr(0, host_end);
  const std::string_view name = is_bracketed ? host.substr(1, host.size() - 2) : host;
  if (name.empty()) return bad("has no host; write http://host/path");
  if (!std::all_of(name.begin(), name.end(),
                   is_bracketed ? is_address_character : is_host_character)) {
    return bad("the host " + in_quotes(host) +
               " has characters that no host has; write http://host/path");
  }
  std::string_view rest = authority.substr(host_end);
  if (!rest.empty()) {
    if (rest.front() != ':') return bad("what follows the address is no port; write [::1]:8080");
    rest.remove_prefix(1);
    if (auto port = check_port(rest); !port) return base::propagate(std::move(port));
  }
  return std::string(host);
}

}  // namespace

base::Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return bad("is " + std::to_string(text.size()) + " bytes long; at most 8192 are taken");
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) <= 0x20 || text[i] == '\x7F') {
      return bad("has a blank or control character at byte " + std::to_string(i + 1) +
                 "; write it as %20 and the like, or remove it");
    }
  }
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return bad("is no absolute URL; write http://host/path or https://host/path");
  }
  const std::string scheme = lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return bad("the scheme " + in_quotes(scheme) + " is not supported; write http:// or https://");
  }
  if (text.find('#') != std::string_view::npos) {
    return bad("has a fragment (#…), which is never sent; remove it, or write # as %23");
  }
  std::string_view authority = text.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  Url url;
  url.has_query = text.find('?') != std::string_view::npos;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.has_userinfo = true;
    authority.remove_prefix(at + 1);
  }
  auto host = parse_host(authority);
  if (!host) return base::propagate(std::move(host));
  url.host = *std::move(host);
  return url;
}

}  // namespace pikachu::config
