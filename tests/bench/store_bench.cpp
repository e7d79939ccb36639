// How many waiting deliveries the state file takes in groups, beside what SQLite takes of the same
// bytes when nothing is in between.
//
//     store_bench [CHANGES [DIRECTORY]]     200,000 changes for each line, in DIRECTORY (.)
//
// Bodies of 500 bytes; each group is one transaction, synced before the next begins.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "store/sqlite.h"
#include "store/store.h"

namespace {

using pikachu::pipeline::Message;
using pikachu::pipeline::WaitingDelivery;
using pikachu::pipeline::WaitingId;
using pikachu::store::Connection;
using pikachu::store::OpenMode;

constexpr std::size_t kBodyBytes = 500;
constexpr std::uint64_t kTurns = 3;

template <typename T>
T take(pikachu::base::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Stopwatch {
 public:
  double per_second(std::uint64_t count) const {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    return static_cast<double>(count) / passed.count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

std::vector<std::shared_ptr<const Message>> make_messages(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<std::shared_ptr<const Message>> messages;
  for (std::size_t i = 0; i < count; ++i) {
    auto message = std::make_shared<Message>();
    message->id = "3e11fa47-71ca-11e1-9e33-c80aa9429562:" + std::to_string(1'000'000 + i) + "-0";
    message->keys = {random(), random()};
    message->label = "test_db.users insert";
    message->commit_time_us = 1'700'000'000'000'000;
    while (message->body.size() < kBodyBytes) {
      message->body += static_cast<char>('a' + random() % 26);
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

struct Rates {
  double write = 0;
  double read = 0;
  double remove = 0;
  std::uintmax_t longest_log = 0;
};

Rates measure_store(const std::string& dir, std::uint64_t changes, std::size_t group,
                    const std::vector<std::shared_ptr<const Message>>& messages) {
  Rates rates;
  const auto store = take(pikachu::store::Store::open(dir, {"task"}));
  const auto note_log = [&] {
    std::error_code error;
    const auto size = std::filesystem::file_size(dir + "/pikachu.db-wal", error);
    if (!error) rates.longest_log = std::max(rates.longest_log, size);
  };
  const Stopwatch writing;
  for (std::uint64_t number = 1; number <= changes;) {
    std::vector<WaitingDelivery> added;
    for (; added.size() < group && number <= changes; ++number) {
      added.push_back({number, messages[number % messages.size()]});
    }
    take(store->write(added, {}));
    note_log();
  }
  rates.write = writing.per_second(changes);
  const Stopwatch reading;
  for (std::uint64_t after = 0; after < changes;) {
    after = take(store->read(0, after, group, SIZE_MAX)).back().number;
  }
  rates.read = reading.per_second(changes);
  const Stopwatch removing;
  for (std::uint64_t number = 1; number <= changes;) {
    std::vector<WaitingId> removed;
    for (; removed.size() < group && number <= changes; ++number) removed.push_back({0, number});
    take(store->write({}, removed));
    note_log();
  }
  rates.remove = removing.per_second(changes);
  return rates;
}

// A table of a number and one value of all a message's bytes, with the same settings.
double measure_sqlite(const std::string& path, std::uint64_t changes, std::size_t group,
                      const std::vector<std::shared_ptr<const Message>>& messages) {
  auto connection = take(Connection::open(path, OpenMode::kCreate));
  take(connection.execute(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
      "PRAGMA wal_autocheckpoint = 512; PRAGMA journal_size_limit = 16777216; "
      "CREATE TABLE bare (number INTEGER PRIMARY KEY, bytes BLOB)"));
  auto insert = take(connection.prepare("INSERT INTO bare VALUES (?1, ?2)"));
  std::vector<std::string> values;
  for (const auto& message : messages) {
    values.push_back(message->id + message->label + message->body + std::string(24, 'x'));
  }
  const Stopwatch writing;
  for (std::uint64_t number = 1; number <= changes;) {
    take(connection.execute("BEGIN IMMEDIATE"));
    for (std::size_t i = 0; i < group && number <= changes; ++i, ++number) {
      insert.bind(1, static_cast<std::int64_t>(number));
      insert.bind_blob(2, values[number % values.size()]);
      take(insert.run());
    }
    take(connection.execute("COMMIT"));
  }
  return writing.per_second(changes);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t changes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::string parent = argc > 2 ? argv[2] : ".";
  const auto messages = make_messages(10'000);
  for (const std::size_t group : {std::size_t{1'000}, std::size_t{4'096}, std::size_t{8'192}}) {
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
      const std::string dir = parent + "/store_bench.tmp";
      std::filesystem::remove_all(dir);
      const auto rates = measure_store(dir, changes, group, messages);
      const auto bare = measure_sqlite(dir + "/bare.db", changes, group, messages);
      std::printf(
          "group %5zu: write %7.0f/s, SQLite alone %7.0f/s (%3.0f %%); read %7.0f/s, remove "
          "%7.0f/s; log at most %.1f MiB\n",
          group, rates.write, bare, 100 * rates.write / bare, rates.read, rates.remove,
          static_cast<double>(rates.longest_log) / (1U << 20U));
      std::filesystem::remove_all(dir);
    }
  }
}
