#include "store/store.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/state_file.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

// The error of opening `dir`, checked for its code and for what its message must name.
void expect_refused(const std::string& dir, ErrorCode code, const std::vector<std::string>& parts) {
  const auto store = Store::open(dir);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, code) << store.error().message;
  for (const auto& part : parts) {
    EXPECT_NE(store.error().message.find(part), std::string::npos)
        << "'" << part << "' is not in: " << store.error().message;
  }
}

TEST(Store, HasNoPositionAtFirst) {
  const TemporaryDirectory dir;
  const auto loaded = open_or_fail(dir.path())->load();
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->has_value());
}

TEST(Store, ReturnsTheLastPositionSavedAfterItIsOpenedAgain) {
  const TemporaryDirectory dir;
  {
    const auto store = open_or_fail(dir.path());
    ASSERT_TRUE(store->save({position_at(4), 0, std::nullopt}));
    ASSERT_TRUE(store->save({position_at(5'000'000'000), 0, std::nullopt}));
  }
  const auto loaded = open_or_fail(dir.path())->load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->value().position, position_at(5'000'000'000));
}

TEST(Store, KeepsAPositionWithoutGtidsAndWithoutFile) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  change::Position plain;
  plain.server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  ASSERT_TRUE(store->save({plain, 0, std::nullopt}));
  EXPECT_EQ(store->load()->value().position, plain);
}

TEST(Store, KeepsTheNumberOfACheckpointAndHowFarItIsInsideATransaction) {
  const TemporaryDirectory dir;
  const pipeline::Checkpoint inside{position_at(4), 5'000'000'000,
                                    pipeline::InsideTransaction{"0-1-43", 12'000'000'000}};
  ASSERT_TRUE(open_or_fail(dir.path())->save(inside));
  const auto store = open_or_fail(dir.path());
  EXPECT_EQ(store->load()->value(), inside);

  const pipeline::Checkpoint behind{position_at(5), 5'000'000'001, std::nullopt};
  ASSERT_TRUE(store->save(behind));
  EXPECT_EQ(store->load()->value(), behind);
}

TEST(Store, ForgetsPartsThatAreSavedOrOnTheirWay) {
  const TemporaryDirectory dir;
  pipeline::Checkpoint checkpoint{position_at(4), 7, pipeline::InsideTransaction{"0-1-42", 3}};
  auto forgotten = checkpoint;
  forgotten.inside.reset();
  {
    const auto store = open_or_fail(dir.path());
    ASSERT_TRUE(store->save(checkpoint));
    ASSERT_TRUE(store->forget_inside());
  }
  const auto store = open_or_fail(dir.path());
  EXPECT_EQ(store->load()->value(), forgotten);

  ASSERT_TRUE(store->forget_inside());
  ASSERT_TRUE(store->save(checkpoint));
  EXPECT_EQ(store->load()->value(), forgotten);
  ASSERT_TRUE(store->save(checkpoint));
  EXPECT_EQ(store->load()->value(), checkpoint);
}

TEST(Store, CreatesItsDirectoryWithParentsForItsUserAlone) {
  const TemporaryDirectory dir;
  const auto state = dir / "a/b/state";
  open_or_fail(state);
  EXPECT_EQ(fs::status(state).permissions() & fs::perms::others_all, fs::perms::none);
  EXPECT_EQ(fs::status(state + "/pikachu.db").permissions() & fs::perms::others_all,
            fs::perms::none);
}

TEST(Store, OpensADirectoryNamedWithASlashAtItsEnd) {
  const TemporaryDirectory dir;
  open_or_fail(dir / "state/");
  EXPECT_TRUE(fs::exists(dir / "state/pikachu.db"));
}

TEST(Store, CountsDeadLettersByTask) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  ASSERT_TRUE(store->add(letter_of("t1", "0-1-42-0")));
  ASSERT_TRUE(store->add(letter_of("t1", "0-1-42-1")));
  ASSERT_TRUE(store->add(letter_of("t2", "0-1-42-0")));
  EXPECT_EQ(store->count("t1").value(), 2U);
  EXPECT_EQ(store->count("t2").value(), 1U);
  EXPECT_EQ(store->count("t").value(), 0U);
}

TEST(Store, KeepsOneDeadLetterOfARepeatedChange) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  ASSERT_TRUE(store->add(letter_of("t1", "0-1-42-0")));
  ASSERT_TRUE(store->add(letter_of("t1", "0-1-42-0")));
  EXPECT_EQ(store->count("t1").value(), 1U);
}

TEST(Store, KeepsADeadLetterWholeWithBytesOfEveryKind) {
  const TemporaryDirectory dir;
  auto letter = letter_of("t1", "0-1-42-0");
  letter.body = std::string("\0\xFF{}", 4) + std::string(3U << 20U, 'x');
  letter.last_reply = "";
  ASSERT_TRUE(open_or_fail(dir.path())->add(letter));

  auto file = Connection::open(dir / "pikachu.db", OpenMode::kWrite);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->query_text("SELECT body FROM dead_letters").value(), letter.body);
  EXPECT_EQ(file->query_text("SELECT last_reply FROM dead_letters").value(), "");
  EXPECT_EQ(file->query_text("SELECT reason FROM dead_letters").value(), "HTTP 422");
  EXPECT_EQ(file->query_number("SELECT attempts FROM dead_letters").value(), 4);
  EXPECT_EQ(file->query_number("SELECT last_status FROM dead_letters").value(), 422);
  EXPECT_TRUE(file->query_text("SELECT added_at FROM dead_letters")->ends_with("Z"));
}

TEST(Store, MayBeUsedByManyThreads) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  {
    const std::jthread saver([&] {
      for (std::uint64_t i = 0; i < 50; ++i)
        EXPECT_TRUE(store->save({position_at(i), 0, std::nullopt}));
    });
    const std::jthread adder([&] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(store->add(letter_of("t1", std::to_string(i))));
        EXPECT_TRUE(store->count("t1"));
      }
    });
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(store->load());
  }
  EXPECT_EQ(store->count("t1").value(), 50U);
  EXPECT_EQ(store->load()->value().position, position_at(49));
}

TEST(Store, SecondInstanceIsRefusedAndToldWhoHoldsTheDirectory) {
  const TemporaryDirectory dir;
  auto first = open_or_fail(dir.path());
  expect_refused(dir.path(), ErrorCode::kInvalid,
                 {dir.path(), "process " + std::to_string(::getpid()) + " on host "});

  first.reset();
  open_or_fail(dir.path());
}

TEST(Store, StaleLockFileOfADeadProcessDoesNotMatter) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.lock") << "999999 another-host-with-a-long-name.example\n";
  open_or_fail(dir.path());
}

TEST(Store, RefusesAFileOfANewerVersionAndLeavesItAsItIs) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(open_or_fail(dir.path())->save({position_at(4), 0, std::nullopt}));
  ASSERT_TRUE(
      Connection::open(dir / "pikachu.db", OpenMode::kWrite)->execute("PRAGMA user_version = 3"));

  expect_refused(dir.path(), ErrorCode::kInvalid, {"version 3", "version 2", "pikachu.db"});

  auto file = Connection::open(dir / "pikachu.db", OpenMode::kWrite);
  EXPECT_EQ(file->query_number("PRAGMA user_version").value(), 3);
  EXPECT_EQ(file->query_number("SELECT \"offset\" FROM position").value(), 4);
}

TEST(Store, RefusesAnotherProgramsDatabase) {
  const TemporaryDirectory dir;
  {
    auto other = Connection::open(dir / "pikachu.db", OpenMode::kCreate);
    ASSERT_TRUE(other->execute("CREATE TABLE theirs (a)"));
  }
  expect_refused(dir.path(), ErrorCode::kInvalid, {"not pikachu's", "application_id"});
}

TEST(Store, RefusesAFileThatIsNoDatabase) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db") << std::string(8'192, 'x');
  expect_refused(dir.path(), ErrorCode::kCorrupt, {"pikachu.db", "restore", "start_from"});
  EXPECT_EQ(fs::file_size(dir / "pikachu.db"), 8'192U);
}

TEST(Store, RefusesAnEmptyFileInsteadOfBeginningAnew) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(open_or_fail(dir.path())->save({position_at(4), 0, std::nullopt}));
  fs::resize_file(dir / "pikachu.db", 0);
  expect_refused(dir.path(), ErrorCode::kCorrupt, {"empty", "restore"});
}

TEST(Store, RefusesALogWhoseDatabaseIsGone) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db-wal") << "x";
  expect_refused(dir.path(), ErrorCode::kCorrupt, {"pikachu.db-wal", "missing"});
  EXPECT_FALSE(fs::exists(dir / "pikachu.db"));
}

TEST(Store, RefusesADatabaseWithDamagedPages) {
  const TemporaryDirectory dir;
  {
    const auto store = open_or_fail(dir.path());
    for (int i = 0; i < 200; ++i) {
      auto letter = letter_of("t1", std::to_string(i));
      letter.body.assign(500, 'x');
      ASSERT_TRUE(store->add(letter));
    }
  }
  const auto size = fs::file_size(dir / "pikachu.db");
  ASSERT_GT(size, 10U * 4'096U);
  {
    std::fstream file(dir / "pikachu.db", std::ios::in | std::ios::out | std::ios::binary);
    // Every page but the first, which says that this is a state file.
    const std::string junk(8, '\x5A');
    for (std::uintmax_t at = 4'096; at < size; at += 4'096) {
      file.seekp(static_cast<std::streamoff>(at));
      file.write(junk.data(), static_cast<std::streamsize>(junk.size()));
    }
  }
  expect_refused(dir.path(), ErrorCode::kCorrupt, {"damaged", "restore"});
  EXPECT_EQ(fs::file_size(dir / "pikachu.db"), size);
}

TEST(Store, ReportsASavedPositionThatMakesNoSense) {
  struct Case {
    const char* damage;
    const char* named;
  };
  for (const auto& damage : {Case{"UPDATE position SET flavor = 'oracle'", "\"oracle\""},
                             Case{"UPDATE position SET gtids = 'zz'", "GTID"},
                             Case{"UPDATE position SET \"offset\" = -5", "-5"}}) {
    SCOPED_TRACE(damage.damage);
    const TemporaryDirectory dir;
    ASSERT_TRUE(open_or_fail(dir.path())->save({position_at(4), 0, std::nullopt}));
    ASSERT_TRUE(Connection::open(dir / "pikachu.db", OpenMode::kWrite)->execute(damage.damage));
    const auto loaded = open_or_fail(dir.path())->load();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(loaded.error().message.find(damage.named), std::string::npos)
        << loaded.error().message;
  }
}

TEST(Store, RefusesAFileInPlaceOfItsDirectory) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "state") << "x";
  expect_refused(dir / "state", ErrorCode::kInvalid, {dir / "state", "state.dir"});
  expect_refused(dir / "state/below", ErrorCode::kInvalid, {dir / "state/below", "state.dir"});
}

TEST(Store, RefusesADirectoryItMayNotWrite) {
  const TemporaryDirectory dir;
  const auto user = ::geteuid();
  constexpr ::uid_t kNobody = 65'534;
  fs::permissions(dir.path(), fs::perms::all & ~fs::perms::owner_write & ~fs::perms::group_write &
                                  ~fs::perms::others_write);
  // Modes do not bind root.
  if (user == 0 && ::seteuid(kNobody) != 0) GTEST_SKIP() << "root may not become another user here";

  expect_refused(dir.path(), ErrorCode::kInvalid, {dir.path(), "writable"});

  ASSERT_EQ(::seteuid(user), 0);
  fs::permissions(dir.path(), fs::perms::owner_all);
}

TEST(Store, RemovesTheDraftOfAStartThatWasKilled) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db.new") << "half";
  open_or_fail(dir.path());
  EXPECT_FALSE(fs::exists(dir / "pikachu.db.new"));
}

TEST(Store, SyncsEveryCommit) {
  const TemporaryDirectory dir;
  open_or_fail(dir.path());
  auto connection = open_state_file(dir.path());
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->query_text("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(connection->query_number("PRAGMA synchronous").value(), 2);  // FULL
}

}  // namespace
}  // namespace pikachu::store
