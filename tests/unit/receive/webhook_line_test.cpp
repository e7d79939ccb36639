#include "receive/webhook_line.h"

#include <gtest/gtest.h>

namespace pikachu::receive {
namespace {

constexpr std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'795'176'000'123)};

Request request_with(std::string body) {
  Request request;
  request.method = "POST";
  request.target = "/hook";
  request.headers = {{"webhook-id", "0-1-42-0"}, {"pikachu-attempt", "2"}};
  request.body = std::move(body);
  return request;
}

TEST(WebhookLine, SaysWhatArrived) {
  const auto line = webhook_line(
      request_with(R"({"primary_id":1,"event":"insert","table":"users","database":"shop"})"),
      kTime);
  EXPECT_EQ(line,
            "2026-11-20T12:00:00.123Z POST /hook insert shop.users 1 id=0-1-42-0 attempt=2 "
            R"({"primary_id":1,"event":"insert","table":"users","database":"shop"})"
            "\n");
}

TEST(WebhookLine, ShowsCompositeKeysAndMissingFields) {
  const auto line = webhook_line(request_with(R"({"primary_id":{"a":1,"b":"x"}})"), kTime);
  EXPECT_NE(line.find(R"( - -.- {"a":1,"b":"x"} id=)"), std::string::npos) << line;
}

TEST(WebhookLine, StaysOneLineWhateverTheBody) {
  const auto line = webhook_line(request_with("{\n  \"a\" : \"b \\\" c\"\n}"), kTime);
  EXPECT_NE(line.find(R"( {"a":"b \" c"})"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(WebhookLine, BodyThatIsNotJsonIsEscaped) {
  const auto line = webhook_line(request_with("{\"a\n\x1b[2J\xff"), kTime);
  EXPECT_NE(line.find(R"(not JSON: "{\"a\n\x1b[2J\xff")"), std::string::npos) << line;
}

TEST(WebhookLine, FieldsCannotForgeALine) {
  auto request = request_with(R"({"event":"x\ny","table":"a b","database":"d"})");
  request.headers = {{"webhook-id", "a b"}};
  const auto line = webhook_line(request, kTime);
  EXPECT_NE(line.find(R"( "x\ny" d."a b" - id="a b" attempt=- )"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace pikachu::receive
