#include "config/secret.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace pikachu::config {
namespace {

constexpr std::size_t kMaxBytes = 64U << 10U;

base::Result<std::string> read_line(const std::string& path) {
  if (auto readable = check_readable(path); !readable) return base::propagate(std::move(readable));
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  // Editors end the last line; that is no part of the secret.
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
  const auto bad = [&path](std::string_view why) {
    return base::fail(base::ErrorCode::kInvalid, in_quotes(path) + " " + std::string(why));
  };
  if (text.empty()) return bad("is empty; write the secret into its first line");
  if (text.size() > kMaxBytes) return bad("is larger than 64 KiB; is it the right file?");
  if (text.find('\n') != std::string::npos) {
    return bad("has more than one line; leave the secret alone in it");
  }
  return text;
}

}  // namespace

base::Result<void> check_readable(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return base::fail(base::ErrorCode::kInvalid, in_quotes(path) + " is a directory; name a file");
  }
  const std::ifstream stream(path);
  if (stream) return {};
  return base::fail(base::ErrorCode::kInvalid, in_quotes(path) +
                                                   " cannot be read: " + std::strerror(errno) +
                                                   "; mend the path or its permissions");
}

std::optional<std::string> read_secret(const Settings& settings, std::string_view key,
                                       std::string_view file_key) {
  auto text = settings.text(key);
  const auto path = settings.text(file_key);
  if (!path) return text;
  if (text) {
    settings.error(file_key, std::string(key) + " is there too; keep one of them");
    return std::nullopt;
  }
  auto line = read_line(*path);
  if (line) return *std::move(line);
  settings.error(file_key, line.error().message);
  return std::nullopt;
}

}  // namespace pikachu::config
