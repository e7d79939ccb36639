#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "decode/decode.h"
#include "tests/unit/decode/binlog_bytes.h"

namespace pikachu::decode::testing {

using source::testing::EventBuilder;

inline constexpr auto kMysql = EventBuilder::Server::kMysql;

/// What a run left behind.
struct Finished {
  int status = 0;
  std::string output;
  std::string messages;
};

/// Runs `pikachu decode` on files that the test makes.
class RunDecode : public ::testing::Test {
 protected:
  Finished run(DecodeOptions options, const std::vector<std::string>& names) {
    for (const std::string& name : names) options.files.push_back(directory_.path(name));
    const int output =
        ::open(directory_.path("output").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    std::ostringstream messages;
    const int status = run_decode(options, output, messages);
    ::close(output);
    return {status, directory_.read("output"), messages.str()};
  }
  Finished run(const std::vector<std::string>& names) { return run({}, names); }

  void write(const std::string& name, const ByteList& bytes) { directory_.write(name, bytes); }
  /// A file with one transaction that inserts `id` into shop.users, and its ROTATE.
  void write_insert(const std::string& name, std::uint32_t id, const std::string& next) {
    EventBuilder make(kMysql);
    const auto format = make.format_description();
    auto file = binlog_of({format, make.gtid(id), make.query("BEGIN"), make.table_map(7, "users"),
                           make.insert(7, {id}), make.xid()});
    if (!next.empty()) {
      const auto rotate = make.rotate(next);
      file.insert(file.end(), rotate.begin(), rotate.end());
    }
    write(name, file);
  }

  std::string path(const std::string& name) { return directory_.path(name); }

 private:
  TestDirectory directory_;
};

/// The "@1" or "id" of each row line.
inline std::string ids(const std::string& output) {
  std::string found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(R"("data":{"id":)");
    found += at == std::string::npos ? "?" : line.substr(at + 13, line.find('}', at) - at - 13);
    found += ' ';
  }
  return found;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pikachu::decode::testing
