#include "store/state_view.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/state_file.h"
#include "store/state_import.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

StateView view_of(const std::string& dir, OpenMode mode = OpenMode::kWrite) {
  auto view = StateView::open(dir, mode);
  if (!view) {
    ADD_FAILURE() << view.error().message;
    std::abort();
  }
  return std::move(*view);
}

void add_letters(Store& store, const std::string& task, int first, int last) {
  for (int i = first; i <= last; ++i) {
    auto letter = letter_of(task, std::to_string(i));
    letter.number = static_cast<std::uint64_t>(i);
    letter.keys = {1, ~std::uint64_t{0}};
    letter.label = "test_db.users insert";
    letter.commit_time_us = 1'700'000'000'000'000;
    ASSERT_TRUE(store.add(letter));
  }
}

LetterChoice choice(std::optional<std::string> task, std::vector<std::string> ids = {}) {
  return {std::move(task), std::move(ids)};
}

std::vector<std::string> ids_of(const base::Result<std::vector<StoredLetter>>& letters) {
  std::vector<std::string> ids;
  for (const auto& letter : *letters) ids.push_back(letter.content.task_id + letter.content.id);
  return ids;
}

TEST(StateView, SummaryCountsWhatTheServiceWroteBesideIt) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a", "b"});
  auto view = view_of(dir.path(), OpenMode::kRead);
  EXPECT_FALSE(view.summary()->checkpoint);
  EXPECT_TRUE(view.summary()->tasks.empty());

  const pipeline::Checkpoint checkpoint{position_at(4), 7, pipeline::InsideTransaction{"0-1-9", 3}};
  ASSERT_TRUE(store->save(checkpoint));
  const auto first = waiting(0, 8);
  const std::vector<pipeline::WaitingDelivery> added{first};
  ASSERT_TRUE(store->write(added, {}));
  add_letters(*store, "b", 1, 2);
  ASSERT_TRUE(view_of(dir.path()).mark(choice("b", {"2"}), std::nullopt));

  const auto summary = *view.summary();
  EXPECT_EQ(summary.checkpoint, checkpoint);
  EXPECT_TRUE(summary.saved_at.ends_with("Z"));
  EXPECT_EQ(summary.last_number, 8U);
  EXPECT_GT(summary.file_bytes, 8'192U);
  ASSERT_EQ(summary.tasks.size(), 2U);
  EXPECT_EQ(summary.tasks[0].task_id, "a");
  EXPECT_EQ(summary.tasks[0].waiting.changes, 1U);
  EXPECT_EQ(summary.tasks[0].waiting.bytes, first.message->size());
  EXPECT_EQ(summary.tasks[0].dead_letters, 0U);
  EXPECT_EQ(summary.tasks[1].task_id, "b");
  EXPECT_EQ(summary.tasks[1].dead_letters, 2U);
  EXPECT_EQ(summary.tasks[1].marked, 1U);
}

TEST(StateView, ListsDeadLettersInPages) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  add_letters(*store, "a", 1, 2);
  add_letters(*store, "b", 3, 3);
  add_letters(*store, "a", 4, 4);
  auto view = view_of(dir.path(), OpenMode::kRead);
  EXPECT_EQ(ids_of(view.letters(std::nullopt, 0, 3)), (std::vector<std::string>{"a1", "a2", "b3"}));
  EXPECT_EQ(ids_of(view.letters(std::nullopt, 3, 3)), std::vector<std::string>{"a4"});
  EXPECT_EQ(ids_of(view.letters("a", 1, 100)), (std::vector<std::string>{"a2", "a4"}));
  EXPECT_EQ(view.letters("a", 0, 1)->front().body_bytes, letter_of("a", "1").body.size());
  EXPECT_EQ(view.letters("a", 0, 1)->front().content.body, "");
}

TEST(StateView, ShowsTheWholeOfADeadLetter) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path());
  add_letters(*store, "a", 1, 1);
  auto view = view_of(dir.path(), OpenMode::kRead);
  const auto letter = *view.letter("a", "1");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->content.body, letter_of("a", "1").body);
  EXPECT_EQ(letter->content.reason, "HTTP 422");
  EXPECT_EQ(letter->content.keys, (std::array<std::uint64_t, 2>{1, ~std::uint64_t{0}}));
  EXPECT_EQ(letter->content.attempts, 4U);
  EXPECT_FALSE(letter->is_marked);
  EXPECT_FALSE(*view.letter("a", "2"));
  EXPECT_FALSE(*view.letter("b", "1"));
}

TEST(StateView, MarkIsSeenByTheServiceInOrderOfNumbers) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a", "b"});
  add_letters(*store, "a", 5, 7);
  add_letters(*store, "a", 1, 2);
  add_letters(*store, "b", 3, 3);
  const auto before = *store->version();
  EXPECT_EQ(*store->rate(), 100U);

  EXPECT_EQ(*view_of(dir.path()).mark(choice("a", {"6", "1", "99"}), 7), 2U);

  EXPECT_NE(*store->version(), before);
  EXPECT_EQ(*store->rate(), 7U);
  const auto marked = *store->next_marked(0, {}, 100);
  ASSERT_EQ(marked.size(), 2U);
  EXPECT_EQ(marked[0].number, 1U);
  EXPECT_EQ(marked[1].number, 6U);
  EXPECT_EQ(marked[0].message->id, "1");
  EXPECT_EQ(marked[0].message->task, 0U);
  EXPECT_EQ(marked[0].message->body, letter_of("a", "1").body);
  EXPECT_EQ(marked[0].message->keys[1], ~std::uint64_t{0});
  EXPECT_EQ(marked[0].message->label, "test_db.users insert");
  EXPECT_EQ(store->next_marked(0, {1, marked.front().letter}, 100)->size(), 1U);
  EXPECT_EQ(store->next_marked(0, {}, 1)->size(), 1U);
  EXPECT_TRUE(store->next_marked(1, {}, 100)->empty());
}

TEST(StateView, LettersOfOneNumberComeInTheOrderInWhichTheyWereSetAside) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a"});
  for (const char* id : {"x", "y", "z"}) {
    auto letter = letter_of("a", id);
    letter.number = 4;
    ASSERT_TRUE(store->add(letter));
  }
  ASSERT_TRUE(view_of(dir.path()).mark(choice("a"), std::nullopt));

  const auto first = store->next_marked(0, {}, 1)->front();
  const auto rest = *store->next_marked(0, {first.number, first.letter}, 10);

  EXPECT_EQ(first.message->id, "x");
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].message->id, "y");
  EXPECT_EQ(rest[1].message->id, "z");
}

TEST(StateView, WhatTheServiceWritesItselfIsNoNewVersion) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a"});
  const auto before = *store->version();
  add_letters(*store, "a", 1, 1);
  EXPECT_EQ(*store->version(), before);
}

TEST(StateView, LetterThatIsRefusedAgainLosesItsMarkAndKeepsItsNumber) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a"});
  add_letters(*store, "a", 5, 5);
  ASSERT_TRUE(view_of(dir.path()).mark(choice("a"), std::nullopt));
  const auto old = store->next_marked(0, {}, 1)->front().letter;

  auto again = letter_of("a", "5");
  again.number = 90;
  ASSERT_TRUE(store->add(again));
  EXPECT_TRUE(store->next_marked(0, {}, 1)->empty());
  ASSERT_TRUE(store->remove(old));

  EXPECT_EQ(store->count("a").value(), 1U) << "what was under way for the old record removed it";
  ASSERT_TRUE(view_of(dir.path()).mark(choice("a"), std::nullopt));
  EXPECT_EQ(store->next_marked(0, {}, 1)->front().number, 5U);
}

TEST(StateView, DropRemovesLettersAndKeepsTheirIdsWithTheReason) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a", "b"});
  add_letters(*store, "a", 1, 3);
  add_letters(*store, "b", 1, 1);
  auto view = view_of(dir.path());
  EXPECT_EQ(*view.drop(choice("a", {"2"}), "test data"), 1U);
  EXPECT_EQ(*view.drop(choice(std::nullopt, {"1"}), "known"), 2U);
  EXPECT_EQ(store->count("a").value(), 1U);
  EXPECT_EQ(store->count("b").value(), 0U);
  auto file = Connection::open(dir / "pikachu.db", OpenMode::kRead);
  EXPECT_EQ(
      file->query_text("SELECT group_concat(task_id || id || reason) FROM dropped_letters").value(),
      "a2test data,a1known,b1known");
}

TEST(StateView, RemembersOnlySoManyDroppedLetters) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a"});
  auto view = view_of(dir.path());
  {
    auto file = Connection::open(dir / "pikachu.db", OpenMode::kWrite);
    ASSERT_TRUE(file->execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
        "INSERT INTO dropped_letters (task_id, id, reason, dropped_at) SELECT 'a', i, 'x', 'y' "
        "FROM n"));
  }
  add_letters(*store, "a", 1, 5);
  ASSERT_TRUE(view.drop(choice("a"), "again"));
  auto file = Connection::open(dir / "pikachu.db", OpenMode::kRead);
  EXPECT_EQ(file->query_number("SELECT count(*) FROM dropped_letters").value(), 10'000);
  EXPECT_EQ(
      file->query_number("SELECT count(*) FROM dropped_letters WHERE reason = 'again'").value(), 5);
}

TEST(StateView, ManyLettersAreMarkedInSmallTransactions) {
  const TemporaryDirectory dir;
  const auto store = open_or_fail(dir.path(), {"a"});
  {
    auto file = Connection::open(dir / "pikachu.db", OpenMode::kWrite);
    ASSERT_TRUE(file->execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2345) "
        "INSERT INTO dead_letters (task_id, id, number, key_a, key_b, label, commit_time_us, "
        "reason, attempts, last_status, last_reply, added_at, body) "
        "SELECT 'a', i, i, 0, 0, '', 0, '', 1, 400, '', '', '' FROM n"));
  }
  EXPECT_EQ(*view_of(dir.path()).mark(choice(std::nullopt), std::nullopt), 2'345U);
  EXPECT_EQ(store->next_marked(0, {}, 10'000)->size(), 2'345U);
}

TEST(StateView, ResetPositionKeepsItsNumberAndIsReadByTheNextStart) {
  const TemporaryDirectory dir;
  ASSERT_TRUE(open_or_fail(dir.path())->save({position_at(4), 77, std::nullopt}));
  ASSERT_TRUE(view_of(dir.path()).reset_position("file:mysql-bin.000001:4"));
  {
    const auto store = open_or_fail(dir.path());
    EXPECT_FALSE(store->load()->has_value());
    EXPECT_EQ(store->start_from()->value(), "file:mysql-bin.000001:4");
    EXPECT_EQ(*store->last_number(), 77U);
    ASSERT_TRUE(store->save({position_at(4), 78, std::nullopt}));
    EXPECT_FALSE(store->start_from()->has_value()) << "it has served";
  }
  ASSERT_TRUE(view_of(dir.path()).reset_position(std::nullopt));
  EXPECT_FALSE(open_or_fail(dir.path())->start_from()->has_value());
}

TEST(StateView, RemovesWhatWaitsForATaskOnly) {
  const TemporaryDirectory dir;
  const auto gone = waiting(0, 1, std::string(500, 'x'));
  {
    const auto store = open_or_fail(dir.path(), {"a", "b"});
    const std::vector<pipeline::WaitingDelivery> added{gone, waiting(1, 2)};
    ASSERT_TRUE(store->write(added, {}));
  }
  const auto removed = *view_of(dir.path()).remove_waiting("a");
  EXPECT_EQ(removed.changes, 1U);
  EXPECT_EQ(removed.bytes, gone.message->size());
  const auto store = open_or_fail(dir.path(), {"a", "b"});
  EXPECT_TRUE(store->read(0, 0, 10, 1'000)->empty());
  EXPECT_EQ(store->amount(0)->changes, 0U);
  EXPECT_EQ(store->read(1, 0, 10, 1'000)->size(), 1U);
}

TEST(StateView, RefusesADirectoryWithoutStateAndAnOldLayout) {
  const TemporaryDirectory dir;
  auto missing = StateView::open(dir.path(), OpenMode::kRead);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            dir / "pikachu.db" +
                ": there is no state file; start pikachu once, or give the configuration whose "
                "state.dir has it");
  open_or_fail(dir.path());
  ASSERT_TRUE(
      Connection::open(dir / "pikachu.db", OpenMode::kWrite)->execute("PRAGMA user_version = 1"));
  auto old = StateView::open(dir.path(), OpenMode::kRead);
  ASSERT_FALSE(old);
  EXPECT_NE(old.error().message.find("start this pikachu once"), std::string::npos);
}

TEST(StateView, SetsTheFileAsideWithItsLog) {
  const TemporaryDirectory dir;
  std::ofstream(dir / "pikachu.db") << "damaged";
  std::ofstream(dir / "pikachu.db-wal") << "log";
  const auto aside = set_state_file_aside(dir.path());
  ASSERT_TRUE(aside) << aside.error().message;
  EXPECT_TRUE(aside->starts_with(dir / "pikachu.db.damaged-2")) << *aside;
  EXPECT_EQ(fs::file_size(*aside), 7U);
  EXPECT_EQ(fs::file_size(*aside + "-wal"), 3U);
  EXPECT_FALSE(open_or_fail(dir.path())->load()->has_value());
  EXPECT_FALSE(set_state_file_aside(dir / "nowhere"));
}

TEST(StateImport, RefusesADirectoryWithStateAndLeavesNothingUnfinished) {
  const TemporaryDirectory dir;
  {
    auto import = StateImport::begin(dir.path());
    ASSERT_TRUE(import) << import.error().message;
    EXPECT_FALSE(Store::open(dir.path())) << "the import holds the directory";
  }
  EXPECT_FALSE(fs::exists(dir / "pikachu.db"));
  open_or_fail(dir.path());
  const auto refused = StateImport::begin(dir.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_NE(refused.error().message.find("never replaces"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::store
