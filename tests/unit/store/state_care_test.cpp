// A start beside a state file that is not as it must be: what exactly is said, and that nothing of
// the file changes.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/state_file.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

// Every file of a directory but the lock, which each start writes.
std::map<std::string, std::string> contents_of(const std::string& dir) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const auto name = entry.path().filename().string();
    // SQLite makes and removes the log's index when it looks at a file.
    if (name == "pikachu.lock" || name.ends_with("-shm")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    contents[name] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return contents;
}

// Makes a state with a position, a waiting delivery and a dead letter in `dir`.
void make_state(const std::string& dir) {
  const auto store = open_or_fail(dir, {"t1"});
  ASSERT_TRUE(store->save({position_at(4), 7, std::nullopt}));
  const std::vector<pipeline::WaitingDelivery> added{waiting(0, 8)};
  ASSERT_TRUE(store->write(added, {}));
  ASSERT_TRUE(store->add(letter_of("t1", "0-1-42-0")));
}

struct Refused {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string message;
};

// Opens `dir`, which must fail and leave every byte as it was; twice, for a second try is the first
// thing that anybody does.
Refused refused(const std::string& dir) {
  const auto before = contents_of(dir);
  Refused said;
  for (int i = 0; i < 2; ++i) {
    const auto store = Store::open(dir, {"t1"});
    EXPECT_FALSE(store);
    if (store) return said;
    said = {store.error().code, store.error().message};
  }
  EXPECT_TRUE(contents_of(dir) == before) << "the start changed something";
  return said;
}

constexpr const char* kRemedy =
    "keep a copy of the state directory, then restore it from a backup, or set the damaged file "
    "aside with pikachu state reset -damaged and start with database.start_from at a position that "
    "is known to have been delivered";

TEST(StateCare, ForeignDatabase) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(Connection::open(dir / "pikachu.db", OpenMode::kCreate)
                  ->execute("PRAGMA application_id = 7; CREATE TABLE theirs (a)"));
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kInvalid);
  EXPECT_EQ(said.message,
            dir / "pikachu.db" +
                ": this is an SQLite file, but not pikachu's (its application_id is 7, not "
                "1346980673); give pikachu a state.dir of its own");
}

TEST(StateCare, FileThatIsNoDatabase) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db") << std::string(8'192, 'x');
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kCorrupt);
  EXPECT_EQ(said.message, dir / "pikachu.db" + ": file is not a database (SQLite 26); " + kRemedy);
}

TEST(StateCare, NewerVersion) {
  const TemporaryDirectory dir;
  make_state(dir.path());
  ASSERT_TRUE(
      Connection::open(dir / "pikachu.db", OpenMode::kWrite)->execute("PRAGMA user_version = 3"));
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kInvalid);
  EXPECT_EQ(said.message, dir / "pikachu.db" +
                              ": the state file has layout version 3, this pikachu knows version "
                              "2; run the pikachu that wrote it, or a newer one");
}

TEST(StateCare, EmptyFile) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db").flush();
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kCorrupt);
  EXPECT_EQ(said.message, dir / "pikachu.db" +
                              ": the state file is empty, which pikachu never leaves behind; "
                              "restore it from a backup, or remove it to start from "
                              "database.start_from");
}

TEST(StateCare, LogWithoutItsDatabase) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db-wal") << "x";
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kCorrupt);
  EXPECT_EQ(said.message, dir / "pikachu.db" + ": the state file is missing, but its log " +
                              (dir / "pikachu.db-wal") +
                              " is there; restore both from a backup, or remove the log to start "
                              "from database.start_from");
}

TEST(StateCare, DamagedPage) {
  const TemporaryDirectory dir;
  make_state(dir.path());
  {
    std::fstream file(dir / "pikachu.db", std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 8'192; at < fs::file_size(dir / "pikachu.db"); at += 8'192) {
      file.seekp(static_cast<std::streamoff>(at));
      file.write("\x5A\x5A\x5A\x5A\x5A\x5A\x5A\x5A", 8);
    }
  }
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kCorrupt);
  EXPECT_TRUE(said.message.starts_with(dir / "pikachu.db" + ": ")) << said.message;
  EXPECT_TRUE(said.message.ends_with(std::string("; ") + kRemedy)) << said.message;
}

TEST(StateCare, DatabaseThatWasCutOff) {
  const TemporaryDirectory dir;
  make_state(dir.path());
  const auto whole = fs::file_size(dir / "pikachu.db");
  for (auto size = whole - 8'192; size > 0; size -= 8'192) {
    SCOPED_TRACE(size);
    fs::resize_file(dir / "pikachu.db", size);
    const auto said = refused(dir.path());
    EXPECT_EQ(said.code, ErrorCode::kCorrupt);
    EXPECT_TRUE(said.message.ends_with(kRemedy)) << said.message;
  }
}

TEST(StateCare, SecondInstance) {
  const TemporaryDirectory dir;
  make_state(dir.path());
  const auto first = open_or_fail(dir.path(), {"t1"});
  const auto said = refused(dir.path());
  EXPECT_EQ(said.code, ErrorCode::kInvalid);
  EXPECT_EQ(said.message, "state directory " + dir.path() + " is in use by " +
                              *StateLock::holder(dir.path()) +
                              "; stop that one, or give this one another state.dir");
}

TEST(StateCare, DirectoryThatMayNotBeWritten) {
  const TemporaryDirectory dir;
  make_state(dir.path());
  constexpr ::uid_t kNobody = 65'534;
  const auto user = ::geteuid();
  ASSERT_EQ(::chmod((dir / "pikachu.lock").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0555), 0);
  // Modes do not bind root.
  if (user == 0 && ::seteuid(kNobody) != 0) GTEST_SKIP() << "root may not become another user here";
  const auto store = Store::open(dir.path(), {"t1"});
  ASSERT_EQ(::seteuid(user), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store.error().message,
            dir / "pikachu.lock" +
                ": cannot open the lock file: Permission denied; make state.dir writable for "
                "pikachu's user");
}

TEST(StateCare, DatabaseWhoseLogIsGoneIsTheWholeStateOfSomeTimeBefore) {
  const TemporaryDirectory dir;
  const TemporaryDirectory copy;
  const auto store = open_or_fail(dir.path(), {"t1"});
  std::uint64_t number = 0;
  const auto add_one = [&] {
    ++number;
    const std::vector<pipeline::WaitingDelivery> added{
        waiting(0, number, std::string(20'000, 'x'))};
    ASSERT_TRUE(store->write(added, {}));
    ASSERT_TRUE(store->save({position_at(number), number, std::nullopt}));
  };
  while (number < 1'000) add_one();
  fs::copy_file(dir / "pikachu.db", copy / "pikachu.db");

  const auto older = open_or_fail(copy.path(), {"t1"});

  const auto loaded = older->load();
  ASSERT_TRUE(loaded && *loaded);
  const auto through = (*loaded)->through;
  EXPECT_GT(through, 0U);
  EXPECT_LT(through, number) << "nothing was left in the log: the test shows nothing";
  // All that comes after the position is read again; all before it is here.
  const auto amount = *older->amount(0);
  EXPECT_GE(amount.changes, through);
  EXPECT_LE(amount.changes, through + 1);
}

}  // namespace
}  // namespace pikachu::store
