// State files of layout version 1, as pikachu wrote them before there were waiting deliveries.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/state_file.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;

// Hand-assembled: the statements of version 1.
constexpr const char* kVersion1 = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x50494B41;
CREATE TABLE position (
  id             INTEGER PRIMARY KEY CHECK (id = 1),
  flavor         TEXT    NOT NULL,
  server         TEXT    NOT NULL,
  server_version TEXT    NOT NULL,
  file           TEXT    NOT NULL,
  "offset"       INTEGER NOT NULL,
  gtids          TEXT    NOT NULL,
  saved_at       TEXT    NOT NULL
);
CREATE TABLE dead_letters (
  task_id     TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  body        BLOB    NOT NULL,
  reason      TEXT    NOT NULL,
  attempts    INTEGER NOT NULL,
  last_status INTEGER NOT NULL,
  last_reply  TEXT    NOT NULL,
  added_at    TEXT    NOT NULL,
  PRIMARY KEY (task_id, id)
);
PRAGMA user_version = 1;
INSERT INTO position VALUES (1, 'MariaDB', '1', '10.11.6-MariaDB', 'mysql-bin.000042', 5000000000,
  '0-1-42,7-2-9', '2026-11-20T12:00:00.000Z');
INSERT INTO dead_letters VALUES
  ('t1', '0-1-9-0', x'7B007D', 'late', 4, 422, 'no', '2026-11-20T12:00:09.000Z'),
  ('t1', '0-1-10-0', '{}', 'early', 3, 400, '', '2026-11-20T12:00:01.000Z'),
  ('t2', '0-1-9-0', '{}', 'other', 1, 413, '', '2026-11-20T12:00:05.000Z');
)sql";

void make_version_1(const std::string& path, const char* more = "") {
  auto file = Connection::open(path, OpenMode::kCreate);
  ASSERT_TRUE(file);
  auto made = file->execute(kVersion1);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(file->execute(more));
}

void expect_all_of_version_1(Store& store) {
  const auto loaded = store.load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, (pipeline::Checkpoint{position_at(5'000'000'000), 0, std::nullopt}));
  EXPECT_EQ(store.count("t1").value(), 2U);
  EXPECT_EQ(store.count("t2").value(), 1U);
}

TEST(Migration, KeepsPositionAndDeadLettersOfVersion1) {
  const TemporaryDirectory dir;
  make_version_1(dir / "pikachu.db");

  const auto store = open_or_fail(dir.path(), {"t1", "t2"});

  expect_all_of_version_1(*store);
  EXPECT_EQ(*store->last_number(), 3U) << "dead letters of version 1 are numbered from 1";
  auto file = Connection::open(dir / "pikachu.db", OpenMode::kRead);
  EXPECT_EQ(file->query_number("PRAGMA user_version").value(), 2);
  EXPECT_EQ(file->query_text("SELECT group_concat(reason, ' ') FROM "
                             "(SELECT reason FROM dead_letters ORDER BY number)")
                .value(),
            "early other late");
  EXPECT_EQ(file->query_text("SELECT body FROM dead_letters WHERE number = 3").value(),
            std::string("{\0}", 3));
  EXPECT_FALSE(fs::exists(dir / "pikachu.db.new"));
}

TEST(Migration, KeepsACopyOfTheOldFile) {
  const TemporaryDirectory dir;
  make_version_1(dir / "pikachu.db");
  open_or_fail(dir.path());
  auto old = Connection::open(dir / "pikachu.db.v1.bak", OpenMode::kRead);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->query_number("PRAGMA user_version").value(), 1);
  EXPECT_EQ(old->query_number("SELECT count(*) FROM dead_letters").value(), 3);
  EXPECT_EQ(old->query_number("SELECT \"offset\" FROM position").value(), 5'000'000'000);
}

TEST(Migration, TakesWhatIsOnlyInTheLogOfAKilledProcess) {
  const TemporaryDirectory dir;
  const TemporaryDirectory running;
  {
    auto file = Connection::open(running / "pikachu.db", OpenMode::kCreate);
    ASSERT_TRUE(file->execute(kVersion1));
    for (const char* name : {"pikachu.db", "pikachu.db-wal"}) {
      fs::copy_file(running / name, dir / name);
    }
  }
  ASSERT_GT(fs::file_size(dir / "pikachu.db-wal"), 0U);
  expect_all_of_version_1(*open_or_fail(dir.path()));
}

TEST(Migration, OldFileThatIsDamagedStaysAsItIs) {
  const TemporaryDirectory dir;
  make_version_1(dir / "pikachu.db", "DROP TABLE dead_letters; VACUUM;");
  const auto opened = Store::open(dir.path());
  ASSERT_FALSE(opened);
  auto old = Connection::open(dir / "pikachu.db", OpenMode::kRead);
  EXPECT_EQ(old->query_number("PRAGMA user_version").value(), 1);
}

TEST(Migration, KilledAtAnyMomentItLeavesTheOldFileOrTheNewOne) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  // How long it takes here and now, so that kills fall all over it.
  const auto begin = std::chrono::steady_clock::now();
  {
    const TemporaryDirectory dir;
    make_version_1(dir / "pikachu.db");
    open_or_fail(dir.path());
  }
  const auto whole = std::chrono::steady_clock::now() - begin;
  int left_old = 0;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const TemporaryDirectory dir;
    make_version_1(dir / "pikachu.db");
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const int child = ::fork();
    if (child == 0) {
      if (::write(ends[1], "x", 1) != 1) ::_exit(9);
      ::_exit(Store::open(dir.path(), {"t1"}) ? 0 : 1);
    }
    char begun = 0;
    ASSERT_EQ(::read(ends[0], &begun, 1), 1);
    const auto until = std::chrono::steady_clock::now() + whole * (random() % 1'000) / 1'000;
    while (std::chrono::steady_clock::now() < until) {
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;

    {
      auto file = Connection::open(dir / "pikachu.db", OpenMode::kRead);
      ASSERT_TRUE(file);
      if (*file->query_number("PRAGMA user_version") == 1) ++left_old;
    }
    expect_all_of_version_1(*open_or_fail(dir.path(), {"t1"}));
  }
  std::printf("%d of 30 were killed before the new file was in place\n", left_old);
}

}  // namespace
}  // namespace pikachu::store
