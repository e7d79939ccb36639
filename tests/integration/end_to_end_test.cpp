#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// The whole way, from a commit to a webhook, against each kind of server.
class EndToEnd : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = shared_server(GetParam());
    if (is_missing(server)) GTEST_SKIP() << GetParam() << ": " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    execute({"DROP DATABASE IF EXISTS test_db", "DROP DATABASE IF EXISTS mytest_db",
             "CREATE DATABASE test_db CHARACTER SET utf8mb4", "CREATE DATABASE mytest_db",
             "USE test_db"});
  }

  void execute(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  /// Starts pikachu with one task on `tables` and waits until it streams.
  void start(const std::string& tables) {
    const auto port = free_port();
    pikachu_.emplace(config_text(*server_, port, {{"t1", tables, receiver_.url("/hook"), ""}}));
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(port, "/health/ready", 200)) << pikachu_->log();
  }

  std::vector<std::string> summaries(std::size_t count) {
    EXPECT_TRUE(receiver_.wait_for_count("/hook", count, kPatience)) << pikachu_->log();
    std::vector<std::string> seen;
    for (const auto& body : bodies(receiver_.requests("/hook"))) seen.push_back(summary(body));
    return seen;
  }

  ServerProcess* server_ = nullptr;
  WebhookReceiver receiver_;
  std::optional<PikachuProcess> pikachu_;
};

/// What happened to the row whose summary says `key` behind the table's name, in order of arrival.
std::vector<std::string> of_key(const std::vector<std::string>& all, const std::string& key) {
  std::vector<std::string> chosen;
  for (const auto& one : all) {
    if (one.find(key) != std::string::npos) chosen.push_back(one);
  }
  return chosen;
}

TEST_P(EndToEnd, ExactlyTheCommittedChangesArriveInOrderPerKey) {
  execute(
      {"CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(50), email VARCHAR(100))",
       "CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, user_id INT, amount DECIMAL(10,2))",
       "CREATE TABLE mytest_db.users (id INT PRIMARY KEY)"});
  start("[users, orders]");

  execute({"INSERT INTO users VALUES (1, 'Ann', 'ann@example.com')",
           "INSERT INTO users VALUES (2, 'Bob', NULL), (3, 'Cleo', 'c@example.com')",
           "UPDATE users SET name = 'Anna' WHERE id = 1",
           "UPDATE users SET email = 'all@example.com' WHERE id IN (2, 3)", "START TRANSACTION",
           "INSERT INTO users VALUES (4, 'Never', NULL)",
           "UPDATE users SET name = 'Never' WHERE id = 1", "ROLLBACK", "START TRANSACTION",
           "INSERT INTO orders VALUES (18446744073709551615, 1, 12.50)",
           "UPDATE users SET name = 'Bobby' WHERE id = 2", "COMMIT",
           "UPDATE users SET id = 30 WHERE id = 3", "DELETE FROM users WHERE id = 30",
           "INSERT INTO mytest_db.users VALUES (1)", "DELETE FROM users WHERE id = 1"});

  const auto seen = summaries(11);

  EXPECT_EQ(seen.size(), 11U);
  using Seen = std::vector<std::string>;
  EXPECT_EQ(of_key(seen, " users 1 "),
            (Seen{R"(insert users 1 {"email":"ann@example.com","id":1,"name":"Ann"})",
                  R"(update users 1 {"email":"ann@example.com","id":1,"name":"Ann"}->)"
                  R"({"email":"ann@example.com","id":1,"name":"Anna"})",
                  R"(delete users 1 {"email":"ann@example.com","id":1,"name":"Anna"})"}));
  EXPECT_EQ(of_key(seen, " users 2 "),
            (Seen{R"(insert users 2 {"email":null,"id":2,"name":"Bob"})",
                  R"(update users 2 {"email":null,"id":2,"name":"Bob"}->)"
                  R"({"email":"all@example.com","id":2,"name":"Bob"})",
                  R"(update users 2 {"email":"all@example.com","id":2,"name":"Bob"}->)"
                  R"({"email":"all@example.com","id":2,"name":"Bobby"})"}));
  EXPECT_EQ(of_key(seen, R"("name":"Cleo")"),
            (Seen{R"(insert users 3 {"email":"c@example.com","id":3,"name":"Cleo"})",
                  R"(update users 3 {"email":"c@example.com","id":3,"name":"Cleo"}->)"
                  R"({"email":"all@example.com","id":3,"name":"Cleo"})",
                  R"(update users 30 {"email":"all@example.com","id":3,"name":"Cleo"}->)"
                  R"({"email":"all@example.com","id":30,"name":"Cleo"})",
                  R"(delete users 30 {"email":"all@example.com","id":30,"name":"Cleo"})"}));
  EXPECT_EQ(of_key(seen, " orders "),
            (Seen{R"(insert orders 18446744073709551615 )"
                  R"({"amount":"12.50","id":18446744073709551615,"user_id":1})"}));
}

TEST_P(EndToEnd, BodyAndHeadersAreThoseOfTheContract) {
  execute({"CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(50))"});
  start("users");

  execute({"INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob')"});
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 2, kPatience)) << pikachu_->log();

  for (const auto& request : receiver_.requests("/hook")) {
    const auto body = nlohmann::json::parse(request.body);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.header("content-type"), "application/json");
    EXPECT_TRUE(request.header("user-agent").starts_with("pikachu/")) << request.body;
    EXPECT_EQ(request.header("webhook-id"), body["id"]);
    EXPECT_EQ(body["id"].get<std::string>().find('.'), std::string::npos);
    EXPECT_EQ(body["task_id"], "t1");
    EXPECT_EQ(body["database"], "test_db");
    EXPECT_EQ(body["position"]["row"].get<int>() + 1, body["primary_id"]);
    const bool by_gtid = body["position"].contains("gtid");
    EXPECT_NE(by_gtid, body["position"].contains("file")) << request.body;
    EXPECT_EQ(by_gtid, GetParam() != "mysql-5.6") << request.body;
    const auto time = body["timestamp"].get<std::string>();
    EXPECT_EQ(time.back(), 'Z');
    EXPECT_EQ(time.find('.') != std::string::npos, GetParam() == "mysql-9.7") << time;
  }
}

TEST_P(EndToEnd, EachPlainTypeArrivesAsTheServerShowsIt) {
  const bool old = GetParam() == "mysql-5.6";
  execute(
      {"CREATE TABLE types (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, "
       "m MEDIUMINT, mu MEDIUMINT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, d DECIMAL(10,4), "
       "f FLOAT, g DOUBLE, y YEAR, da DATE, dt DATETIME(3), ti TIME(6), ts TIMESTAMP(3) NULL, "
       "c CHAR(10), vc VARCHAR(20), l VARCHAR(20) CHARACTER SET latin1, tx TEXT, "
       "bin BINARY(4), vb VARBINARY(10), bl BLOB, e ENUM('small','große'), "
       "se SET('a','b','c'), bi BIT(10)) CHARACTER SET utf8mb4",
       "SET NAMES utf8mb4", "SET time_zone = '+02:00'"});
  if (!old) execute({"CREATE TABLE docs (id INT PRIMARY KEY, doc JSON)"});
  start("[types, docs]");

  execute(
      {"INSERT INTO types VALUES (1, -128, 255, -32768, -8388608, 16777215, "
       "-9223372036854775808, 18446744073709551615, -12.34, 0.1, 1e-7, 2155, '2024-02-29', "
       "'9999-12-31 23:59:59.999', '-838:59:58.000001', '2024-02-29 14:00:00.123', 'é ', '東京', "
       "'Zürich €', 'quote\" back\\\\ tab\\t', 0x01000000, 0xff00, 0x0001fe, 'große', 'a,c', "
       "b'1000000001')",
       "INSERT INTO types (id) VALUES (2)"});
  if (!old) execute({R"(INSERT INTO docs VALUES (1, '{"a": [1, 2.50, "x"], "b": null}'))"});

  ASSERT_TRUE(receiver_.wait_for_count("/hook", old ? 2 : 3, kPatience)) << pikachu_->log();
  std::map<std::string, nlohmann::json> data;
  for (const auto& body : bodies(receiver_.requests("/hook"))) {
    data[body["table"].get<std::string>() + body["primary_id"].dump()] = body["data"];
  }
  const auto expected = nlohmann::json::parse(R"({"id":1,"t":-128,"tu":255,"s":-32768,
      "m":-8388608,"mu":16777215,"b":-9223372036854775808,"bu":18446744073709551615,
      "d":"-12.3400","f":0.1,"g":1e-7,"y":2155,"da":"2024-02-29","dt":"9999-12-31 23:59:59.999",
      "ti":"-838:59:58.000001","ts":"2024-02-29T12:00:00.123Z","c":"é","vc":"東京","l":"Zürich €",
      "tx":"quote\" back\\ tab\t","bin":"AQAAAA==","vb":"/wA=","bl":"AAH+","e":"große","se":"a,c",
      "bi":513})");
  EXPECT_EQ(data["types1"], expected);
  EXPECT_EQ(data["types2"].size(), expected.size());
  EXPECT_TRUE(data["types2"]["ts"].is_null());
  if (!old) {
    EXPECT_EQ(data["docs1"]["doc"], nlohmann::json::parse(R"({"a":[1,2.50,"x"],"b":null})"));
  }
}

TEST_P(EndToEnd, OddNamesAreMatchedExactly) {
  execute({"CREATE TABLE `order-items` (id INT PRIMARY KEY)",
           "CREATE TABLE `select` (id INT PRIMARY KEY)",
           "CREATE TABLE `2024 sales` (id INT PRIMARY KEY)",
           "CREATE TABLE `order-itemsX` (id INT PRIMARY KEY)"});
  start("[order-items, select, \"`2024 sales`\"]");

  execute({"INSERT INTO `order-itemsX` VALUES (0)", "INSERT INTO `order-items` VALUES (1)",
           "INSERT INTO `select` VALUES (2)", "INSERT INTO `2024 sales` VALUES (3)"});

  auto seen = summaries(3);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::string>{R"(insert 2024 sales 3 {"id":3})",
                                            R"(insert order-items 1 {"id":1})",
                                            R"(insert select 2 {"id":2})"}));
}

TEST_P(EndToEnd, TableThatIsAlteredGoesOnUnderItsNewNames) {
  execute({"CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(50))"});
  start("users");

  execute({"INSERT INTO users VALUES (1, 'Ann')"});
  summaries(1);
  execute({"ALTER TABLE users ADD COLUMN age INT",
           "ALTER TABLE users CHANGE name label VARCHAR(50)",
           "INSERT INTO users VALUES (2, 'Bob', 7)"});

  EXPECT_EQ(summaries(2).back(), R"(insert users 2 {"age":7,"id":2,"label":"Bob"})");
}

INSTANTIATE_TEST_SUITE_P(Servers, EndToEnd, ::testing::ValuesIn(kServerKinds),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
