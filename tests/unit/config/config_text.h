#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "config/config.h"

namespace pikachu::config {

/// A directory of a test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "pikachu-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string write(std::string_view name, std::string_view text) const {
    std::string path = (path_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string without(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) {
    text.erase(at, part.size());
  }
  return text;
}

/// The findings as they are printed, a line each, files without their directory.
inline std::string lines_of(const LoadResult& result, const TemporaryDirectory& directory) {
  std::string lines;
  for (const Finding& finding : result.findings) lines += finding.to_string() + "\n";
  return without(lines, directory.path(""));
}

/// The smallest good configuration, in thirteen lines; cases replace one of them.
constexpr std::string_view kGood =
    "database:\n"
    "  host: 127.0.0.1\n"
    "  port: 3306\n"
    "  user: pikachu\n"
    "  password: s3cret\n"
    "  database: test_db\n"
    "  server_id: 1001\n"
    "tasks:\n"
    "  - task_id: user_monitor\n"
    "    name: User table monitor\n"
    "    table_name: users\n"
    "    events: [insert, update, delete]\n"
    "    callback_url: http://127.0.0.1:9000/webhook\n";

/// kGood with `text` (one line or more, without the last break) in place of its line `number`; 14
/// adds to the end.
inline std::string good_but(int number, std::string_view text) {
  std::istringstream lines{std::string(kGood)};
  std::string out;
  std::string line;
  for (int i = 1; std::getline(lines, line); ++i) {
    out += i == number ? std::string(text) : line;
    out += '\n';
  }
  return number > 13 ? out.append(text).append("\n") : out;
}

/// A change to kGood and what is then reported.
struct Case {
  int line = 0;  ///< Of kGood, which `text` replaces.
  std::string_view text;
  std::string_view expected;  ///< After "config.yaml:"; all findings.
};

/// Loads kGood with each case's change and compares everything that is reported.
inline void expect_findings(const std::vector<Case>& cases) {
  const TemporaryDirectory directory;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const LoadResult result = load(directory.write("config.yaml", good_but(c.line, c.text)), "");
    EXPECT_EQ(lines_of(result, directory), "config.yaml:" + std::string(c.expected) + "\n");
    const bool is_error = c.expected.find(": error: ") != std::string_view::npos;
    EXPECT_EQ(result.config.has_value(), !is_error);
  }
}

/// What loading `text` reports.
inline std::string findings_of(std::string_view text) {
  const TemporaryDirectory directory;
  return lines_of(load(directory.write("config.yaml", text), ""), directory);
}

}  // namespace pikachu::config
