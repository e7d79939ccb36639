#include "route/router.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::route {
namespace {

using change::Operation;

TaskRoute task_of(const std::vector<std::string_view>& patterns,
                  const std::vector<Operation>& operations) {
  TaskRoute task;
  for (const std::string_view pattern : patterns) {
    task.tables.push_back(*TablePattern::parse(pattern, "test_db"));
  }
  for (const Operation operation : operations) {
    task.wants_insert = task.wants_insert || operation == Operation::kInsert;
    task.wants_update = task.wants_update || operation == Operation::kUpdate;
    task.wants_delete = task.wants_delete || operation == Operation::kDelete;
  }
  return task;
}

change::RowChange change_of(std::string_view database, std::string_view table,
                            Operation operation) {
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = database;
  schema->table = table;
  change::RowChange change;
  change.table = std::move(schema);
  change.operation = operation;
  return change;
}

std::vector<std::size_t> matched(Router& router, const change::RowChange& change) {
  const auto tasks = router.match(change);
  return {tasks.begin(), tasks.end()};
}

using Tasks = std::vector<std::size_t>;

TEST(Router, GivesTheTasksOfTableAndOperationInOrder) {
  Router router({task_of({"users"}, {Operation::kInsert}),
                 task_of({"orders", "users"}, {Operation::kInsert, Operation::kDelete}),
                 task_of({"*.*"}, {Operation::kUpdate})});

  EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kInsert)), (Tasks{0, 1}));
  EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kUpdate)), (Tasks{2}));
  EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kDelete)), (Tasks{1}));
  EXPECT_EQ(matched(router, change_of("test_db", "orders", Operation::kInsert)), (Tasks{1}));
  EXPECT_EQ(matched(router, change_of("mytest_db", "users", Operation::kInsert)), (Tasks{}));
}

TEST(Router, NamesATaskOnceWhenSeveralOfItsPatternsMatch) {
  Router router({task_of({"users", "u*", "*"}, {Operation::kInsert})});

  EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kInsert)), (Tasks{0}));
}

TEST(Router, WantsOnlyTablesThatSomeTaskIsAbout) {
  Router router({task_of({"users"}, {Operation::kInsert}), task_of({"silent"}, {})});

  EXPECT_TRUE(router.wants_table("test_db", "users"));
  EXPECT_FALSE(router.wants_table("test_db", "orders"));
  EXPECT_FALSE(router.wants_table("other", "users"));
  EXPECT_FALSE(router.wants_table("test_db", "silent"));
}

TEST(Router, DoesNotMixUpNamesThatJoinToTheSameText) {
  Router router({task_of({"a.bc"}, {Operation::kInsert})});

  EXPECT_TRUE(router.wants_table("a", "bc"));
  EXPECT_FALSE(router.wants_table("ab", "c"));
}

TEST(Router, AnswersRightWhenSchemasOfATableFollowEachOther) {
  Router router({task_of({"users"}, {Operation::kInsert})});

  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kInsert)), (Tasks{0}));
    EXPECT_EQ(matched(router, change_of("test_db", "other", Operation::kInsert)), (Tasks{}));
  }
}

TEST(Router, StaysRightPastTheNumberOfTablesThatItRemembers) {
  Router router({task_of({"users"}, {Operation::kInsert})});
  const auto users = change_of("test_db", "users", Operation::kInsert);
  EXPECT_EQ(matched(router, users), (Tasks{0}));

  for (std::size_t i = 0; i < Router::kMaxTables + 10; ++i) {
    ASSERT_FALSE(router.wants_table("test_db", "t" + std::to_string(i)));
  }

  EXPECT_EQ(matched(router, users), (Tasks{0}));
  EXPECT_TRUE(router.wants_table("test_db", "users"));
}

TEST(Router, WithoutTasksWantsNothing) {
  Router router({});

  EXPECT_FALSE(router.wants_table("test_db", "users"));
  EXPECT_EQ(matched(router, change_of("test_db", "users", Operation::kInsert)), (Tasks{}));
}

}  // namespace
}  // namespace pikachu::route
