#include "sink/webhook/outcome.h"

#include <cerrno>
#include <set>

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

using std::chrono::seconds;

Reply with_status(int status, int curl_code = CURLE_OK) {
  Reply reply;
  reply.status = status;
  reply.curl_code = curl_code;
  return reply;
}

Reply without_status(int curl_code, int os_error = 0) {
  Reply reply;
  reply.curl_code = curl_code;
  reply.os_error = os_error;
  return reply;
}

TEST(Outcome, EveryStatusBlamesWhomTheTableSays) {
  const std::set<int> change{400, 406, 411, 413, 414, 415, 422, 431};
  for (int status = 100; status < 1000; ++status) {
    SCOPED_TRACE(status);
    auto expected = Blame::kEndpoint;
    if (status / 100 == 2) expected = Blame::kNobody;
    if (change.contains(status)) expected = Blame::kChange;
    EXPECT_EQ(classify(with_status(status)), expected);
  }
}

TEST(Outcome, StatusDecidesEvenIfTheReplysBodyFailed) {
  for (const int code :
       {CURLE_WRITE_ERROR, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_OPERATION_TIMEDOUT}) {
    SCOPED_TRACE(code);
    EXPECT_EQ(classify(with_status(200, code)), Blame::kNobody);
    EXPECT_EQ(classify(with_status(422, code)), Blame::kChange);
    EXPECT_EQ(classify(with_status(500, code)), Blame::kEndpoint);
  }
}

TEST(Outcome, NetworkFailuresBlameTheEndpoint) {
  for (const int code :
       {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT,
        CURLE_SSL_CONNECT_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_WEIRD_SERVER_REPLY}) {
    SCOPED_TRACE(code);
    EXPECT_EQ(classify(without_status(code)), Blame::kEndpoint);
  }
  EXPECT_EQ(classify(without_status(CURLE_COULDNT_CONNECT, ECONNREFUSED)), Blame::kEndpoint);
}

TEST(Outcome, ShortageOnThisMachineBlamesNobodyElse) {
  for (const int os_error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL}) {
    SCOPED_TRACE(os_error);
    EXPECT_EQ(classify(without_status(CURLE_COULDNT_CONNECT, os_error)), Blame::kLocal);
  }
  EXPECT_EQ(classify(without_status(CURLE_OUT_OF_MEMORY)), Blame::kLocal);
}

TEST(Outcome, OverloadIsSaidByStatusOrTimeout) {
  for (const int status : {408, 429, 503, 504}) EXPECT_TRUE(is_overloaded(with_status(status)));
  EXPECT_TRUE(is_overloaded(without_status(CURLE_OPERATION_TIMEDOUT)));
  EXPECT_FALSE(is_overloaded(with_status(500)));
  EXPECT_FALSE(is_overloaded(with_status(200, CURLE_OPERATION_TIMEDOUT)));
}

TEST(Outcome, RetryAfterStaysBetweenNothingAndAnHour) {
  Reply reply;
  EXPECT_FALSE(bounded_retry_after(reply));
  reply.retry_after = seconds(-17);
  EXPECT_EQ(bounded_retry_after(reply), seconds(0));
  reply.retry_after = seconds(90);
  EXPECT_EQ(bounded_retry_after(reply), seconds(90));
  reply.retry_after = seconds(86'400);
  EXPECT_EQ(bounded_retry_after(reply), seconds(3'600));
}

TEST(Outcome, DescriptionNamesTheStatusAndTheRemedy) {
  EXPECT_EQ(describe(with_status(503), {}), "HTTP 503");
  EXPECT_NE(describe(with_status(301), {}).find("redirects are not followed"), std::string::npos);
  EXPECT_EQ(describe(without_status(CURLE_COULDNT_CONNECT), "refused"), "refused");
}

}  // namespace
}  // namespace pikachu::sink::webhook
