// Everything dies at random while clients write, and nothing may be lost. A usual run takes half a
// minute for each server; PIKACHU_CHAOS_SECONDS makes it hours, PIKACHU_CHAOS_SEED repeats a seed's
// decisions (not the moments at which they come about).
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/arrival_log.h"
#include "tests/support/moody_endpoint.h"
#include "tests/support/random_writer.h"
#include "tests/support/scenario.h"
#include "tests/support/stall_meter.h"

namespace pikachu::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kWriters = 2;
// A delivery is durable after a second, a position saved after 200 ms: what was accepted earlier
// than that before a kill does not come again (docs/reference/webhook.md, Delivery). Where disk or
// processors are busy, two groups and two commits take longer than there is room for: by several
// times what a small write is late, as measured beside it, and by what pikachu waited for a
// processor.
constexpr milliseconds kPromised{1'200};
constexpr int kStallsAllowed = 10;
// Of changes that were committed and have not arrived: beyond it, writers wait.
constexpr std::size_t kMostBehind = 60'000;
// Of so many requests one may be of an accepted change that the run sends as if for the first time.
// libcurl does so by itself, 20 ms later on another connection, where it finds one that was kept
// closed before a byte of the answer: where the endpoint answers and closes, one in a hundred
// times.
constexpr std::size_t kRequestsPerSentAnew = 100;
// Servers are killed, machines are not: what reached the kernel is kept.
const std::vector<std::string> kServerOptions{"--innodb-flush-log-at-trx-commit=2",
                                              "--max-binlog-size=1048576"};

// The line of the log from which on the position moves.
constexpr std::string_view kReadAgain = " All that waits on disk has been read again.";

std::uint64_t number_from(const char* name, std::uint64_t usual) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread yet.
  return text == nullptr ? usual : std::stoull(text);
}

void replace(std::string& text, std::string_view from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
  }
}

/// "2026-11-30T09:18:18.783Z INFO  source  …"
std::chrono::system_clock::time_point time_of(const std::string& line) {
  std::istringstream text(line);
  std::tm time{};
  int thousandths = 0;
  text >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  text.ignore(1) >> thousandths;
  EXPECT_TRUE(text) << line;
  return std::chrono::system_clock::from_time_t(::timegm(&time)) + milliseconds(thousandths);
}

/// From when on the position moved in a run, by its log: not before what waited from earlier runs
/// had been read again. Nothing: never.
std::optional<std::chrono::system_clock::time_point> position_moved_from(const std::string& log) {
  std::optional from = std::chrono::system_clock::time_point::min();
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto expected = line.find(" to_be_read_again=");
    if (expected != std::string::npos && !line.ends_with("=0")) from.reset();
    if (line.find(kReadAgain) != std::string::npos) from = time_of(line);
  }
  return from;
}

/// How long the threads of a process could have run and did not, all together.
milliseconds waited_for_processor(pid_t pid) {
  std::uint64_t nanoseconds = 0;
  std::error_code gone;  // Threads end while this looks at them.
  const auto threads = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads, gone)) {
    std::ifstream schedstat(thread.path() / "schedstat");
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    if (schedstat >> ran >> waited) nanoseconds += waited;
  }
  return milliseconds(nanoseconds / 1'000'000);
}

/// One end of everything, and what was counted.
struct Tally {
  int pikachu_kills = 0;
  int server_kills = 0;
  int clean_stops = 0;
  int full_disks = 0;
};

class Chaos : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    std::cout << "PIKACHU_CHAOS_SEED=" << seed_ << std::endl;
    auto server = ServerProcess::start(GetParam(), kServerOptions);
    if (is_missing(server)) GTEST_SKIP() << GetParam() << ": " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    const auto created = RandomWriter::create_tables(*server_, tables_, kWriters);
    ASSERT_TRUE(created) << created.error().message;
    std::vector<TaskText> tasks;
    for (const auto& table : tables_) {
      endpoints_.push_back(std::make_unique<MoodyEndpoint>(log_, random_()));
      receiver_.answer("/" + table, [endpoint = endpoints_.back().get()](const auto& request) {
        return endpoint->take(request);
      });
      tasks.push_back({table, table, receiver_.url("/" + table),
                       "    timeout: 2s\n    headers:\n      x-run: \"@RUN@\"\n"});
    }
    const auto port = free_port();
    config_ = config_text(*server_, port, tasks,
                          "limits:\n  queue_changes: @QUEUE@\nshutdown_timeout: 1s\n");
    pikachu_.emplace(config_);
    start_pikachu();
    ASSERT_TRUE(pikachu_->wait_for_status(port, "/health/ready", 200)) << pikachu_->log();
    for (int i = 0; i < kWriters; ++i) {
      writers_.push_back(std::make_unique<RandomWriter>(
          *server_, RandomWriter::Options{i, random_(), tables_,
                                          [this](std::size_t changes, const auto& stop) {
                                            committed_ += changes;
                                            log_.wait_until_behind(committed_, most_behind_, stop);
                                          }}));
    }
  }

  std::size_t between(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random_);
  }

  void start_pikachu() {
    static constexpr std::array<std::string_view, 3> kQueues{"20", "1000", "8192"};
    std::string config = config_;
    replace(config, "@RUN@", std::to_string(run_));
    replace(config, "@QUEUE@", std::string(kQueues.at(between(0, kQueues.size() - 1))));
    pikachu_->write_config(config);
    pikachu_->start();
    run_began_ = Clock::now();
    tell("start of run " + std::to_string(run_));
    disk_full_since_.reset();
    disk_full_until_.reset();
  }

  void run_has_ended(Clock::time_point at) {
    const auto stall = stalls_.take_longest();
    longest_stall_ = std::max(longest_stall_, stall);
    auto allowed = kPromised + kStallsAllowed * stall + waited_for_processor_;
    // While the position stands, what waited on disk is delivered and may come again.
    const auto from = position_moved_from(pikachu_->log());
    if (!from || std::chrono::system_clock::now() < *from + allowed) {
      allowed = std::max(allowed, std::chrono::duration_cast<milliseconds>(at - run_began_));
    }
    const bool was_full = is_disk_full_within(at, allowed);
    // Nothing is durable while nothing can be written, so the position stands.
    if (was_full) allowed += std::chrono::duration_cast<milliseconds>(at - *disk_full_since_);
    log_.run_ended(at, allowed);
    full_disk_runs_.push_back(was_full);
    tell("end of run " + std::to_string(run_) + "\n" + pikachu_->log());
    ++run_;
  }

  // Whether the disk was full in the time whose changes may come again, or the second before it.
  bool is_disk_full_within(Clock::time_point at, milliseconds time) const {
    return disk_full_since_ &&
           (!disk_full_until_ || at - *disk_full_until_ < std::chrono::seconds(1) + time);
  }

  // Of what happened, the latest is told where the test fails.
  void tell(const std::string& what) {
    constexpr std::size_t kKept = 60;
    const auto since = std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
    story_.push_back(std::to_string(since.count()) + " ms: " + what);
    if (story_.size() > kKept) story_.pop_front();
  }
  std::string told() const {
    std::string text;
    for (const auto& line : story_) text += line + "\n";
    return text;
  }

  void kill_pikachu() {
    // It ends for none of the reasons that there are here.
    const auto status = pikachu_->wait(milliseconds(0));
    ASSERT_FALSE(status) << "pikachu ended with " << *status << "\n" << pikachu_->log();
    waited_for_processor_ = waited_for_processor(pikachu_->pid());
    // Before the kill: what is accepted from here on is accepted behind the end, and may come
    // again; taken behind the wait, the wait itself would count against what was accepted last.
    const auto end = Clock::now();
    pikachu_->kill();
    ++tally_.pikachu_kills;
    run_has_ended(end);
  }

  void stop_pikachu() {
    fill_disk(false);
    waited_for_processor_ = waited_for_processor(pikachu_->pid());
    const auto status = pikachu_->terminate();
    // By the signal itself only if it came before the program's first line.
    ASSERT_TRUE(status == 0 || (status == -SIGTERM && pikachu_->log().empty()))
        << status.value_or(-1) << "\n"
        << pikachu_->log();
    ++tally_.clean_stops;
    run_has_ended(Clock::now());
  }

  void kill_server() {
    server_->kill();
    tell("the server was killed");
    ++tally_.server_kills;
    if (between(0, 1) == 0) {
      kill_pikachu();
      if (HasFatalFailure()) return;
      start_pikachu();
    }
    const auto started = server_->start_again(kServerOptions);
    ASSERT_TRUE(started) << started.error().message;
    tell("the server is back");
  }

  // A limit on the size of files is a full disk to a single process.
  void fill_disk(bool full) {
    if (full == (disk_full_since_ && !disk_full_until_)) return;
    // A start on a full disk ends with a message, which other tests look at.
    const bool has_begun = pikachu_->wait_for_log("Starting pikachu");
    ASSERT_TRUE(has_begun || !full) << pikachu_->log();
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    if (full) limit.rlim_cur = between(0, 1) == 0 ? 0 : 65'536;
    ASSERT_EQ(::prlimit(pikachu_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
    (full ? disk_full_since_ : disk_full_until_) = Clock::now();
    if (full) disk_full_until_.reset();
    tell(full ? "the disk is full" : "the disk has room");
    tally_.full_disks += full ? 1 : 0;
  }

  void change_moods() {
    endpoints_[0]->change_mood();
    if (between(0, 2) == 0) endpoints_[1]->change_mood();
    // The last one is dead for long, and well for as long.
    if (between(0, 9) != 0) return;
    static constexpr std::array<Mood, 4> kDead{Mood::kFails, Mood::kHangs, Mood::kHangsUp,
                                               Mood::kResets};
    last_is_dead_ = !last_is_dead_;
    endpoints_[2]->set_mood(last_is_dead_ ? kDead.at(between(0, 3)) : Mood::kWell);
  }

  void one_blow() {
    const auto behind = committed_ - std::min<std::size_t>(log_.counts().changes, committed_);
    most_behind_ = std::min(kMostBehind, behind + between(200, 5'000));
    log_.wait_for_requests(between(100, 4'000), milliseconds(between(200, 2'500)));
    receiver_.clear();
    change_moods();
    const auto drawn = between(0, 99);
    if (drawn < 5 || (drawn < 30 && tally_.full_disks == 0)) return fill_disk(true);
    if (drawn < 12) return fill_disk(false);
    if (drawn < 20) return kill_server();
    drawn < 28 ? stop_pikachu() : kill_pikachu();
    if (!HasFatalFailure()) start_pikachu();
  }

  void expect_all() {
    for (auto& endpoint : endpoints_) endpoint->set_mood(Mood::kWell);
    fill_disk(false);
    for (auto& writer : writers_) writer->stop();
    while (log_.counts().changes < committed_) {
      ASSERT_TRUE(log_.wait_for_requests(1, std::chrono::minutes(1)))
          << log_.counts().changes << " of " << committed_ << " changes\n"
          << pikachu_->log();
    }
    EXPECT_TRUE(position_moved_from(pikachu_->log()) || pikachu_->wait_for_log(kReadAgain))
        << pikachu_->log();
    stop_pikachu();
    CountedHistory committed;
    for (auto& writer : writers_) {
      EXPECT_EQ(writer->compare_with_tables(), "");
      committed.insert(writer->history().begin(), writer->history().end());
    }
    expect_equal(log_.first_arrivals(), committed);
    EXPECT_EQ(log_.stale_rows(), std::vector<std::string>{});
    EXPECT_EQ(log_.problems(), std::vector<std::string>{}) << told();
    EXPECT_LE(log_.counts().sent_anew, log_.counts().requests / kRequestsPerSentAnew) << told();
  }

  static void expect_equal(const CountedHistory& arrived, const CountedHistory& committed) {
    int shown = 0;
    for (const auto& [row, changes] : committed) {
      const auto found = arrived.find(row);
      if (found != arrived.end() && found->second == changes) continue;
      if (++shown > 5) return;
      ADD_FAILURE() << row.first << " " << row.second << ": " << changes.size()
                    << " changes were committed; missing, or in another order: "
                    << (found == arrived.end() ? 0 : found->second.size()) << " arrived";
    }
    EXPECT_EQ(arrived.size(), committed.size()) << "rows that nobody committed";
  }

  void print() {
    const auto counts = log_.counts();
    std::vector<std::size_t> repeated;
    milliseconds oldest{0};
    const auto ends = log_.run_ends();
    for (std::size_t run = 0; run < ends.size(); ++run) {
      repeated.push_back(ends[run].repeated);
      if (!full_disk_runs_.at(run)) oldest = std::max(oldest, ends[run].oldest);
    }
    std::sort(repeated.begin(), repeated.end());
    std::cout << tally_.pikachu_kills << " kills of pikachu, " << tally_.server_kills
              << " of the server, " << tally_.clean_stops << " stops, " << tally_.full_disks
              << " full disks\n"
              << counts.changes << " of " << committed_ << " changes in " << counts.requests
              << " requests; accepted and tried again " << counts.answers_lost << ", sent anew "
              << counts.sent_anew << ", behind an older change again " << counts.followed << "\n";
    if (repeated.empty()) return;
    std::cout << "again after the end of a run: median " << repeated[repeated.size() / 2]
              << ", at most " << repeated.back() << "; accepted at most " << oldest.count()
              << " ms before it (without full disks); longest stall of the machine "
              << longest_stall_.count() << " ms\n";
  }

  const std::vector<std::string> tables_{"erratic", "steady", "mostly_dead"};
  const Clock::time_point began_ = Clock::now();
  std::deque<std::string> story_;
  const std::uint64_t seed_ = number_from("PIKACHU_CHAOS_SEED", std::random_device{}());
  std::mt19937_64 random_{seed_};
  Tally tally_;
  std::size_t run_ = 0;
  bool last_is_dead_ = false;
  Clock::time_point run_began_;
  std::optional<Clock::time_point> disk_full_since_;
  std::optional<Clock::time_point> disk_full_until_;
  std::string config_;
  std::atomic<std::size_t> committed_{0};
  std::atomic<std::size_t> most_behind_{1'000};
  ArrivalLog log_;
  StallMeter stalls_;
  milliseconds longest_stall_{0};
  milliseconds waited_for_processor_{0};  // The run that ended last.
  std::vector<bool> full_disk_runs_;      // By run.
  std::vector<std::unique_ptr<MoodyEndpoint>> endpoints_;
  WebhookReceiver receiver_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<PikachuProcess> pikachu_;
  std::vector<std::unique_ptr<RandomWriter>> writers_;
};

TEST_P(Chaos, EveryChangeArrivesInTheOrderOfItsRow) {
  const auto end = Clock::now() + std::chrono::seconds(number_from("PIKACHU_CHAOS_SECONDS", 30));
  while (Clock::now() < end && log_.problems().empty() && !HasFatalFailure()) one_blow();

  if (!HasFatalFailure()) expect_all();

  print();
}

INSTANTIATE_TEST_SUITE_P(Servers, Chaos,
                         ::testing::Values(std::string_view("mariadb-10.11"),
                                           std::string_view("mysql-9.7")),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
