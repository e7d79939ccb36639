#include "receive/request_parser.h"

#include <iostream>
#include <random>

#include <gtest/gtest.h>

namespace pikachu::receive {
namespace {

/// All requests in `bytes`, which are fed in pieces that `cut` chooses the lengths of.
template <typename Cut>
std::vector<Request> parse_all(RequestParser& parser, std::string_view bytes, Cut cut) {
  std::vector<Request> requests;
  while (!bytes.empty() && !parser.has_failed()) {
    auto piece = bytes.substr(0, cut());
    bytes.remove_prefix(piece.size());
    while (!piece.empty() && !parser.has_failed()) {
      piece.remove_prefix(parser.feed(piece));
      if (parser.is_complete()) requests.push_back(parser.take());
    }
  }
  return requests;
}

std::vector<Request> parse_all(RequestParser& parser, std::string_view bytes) {
  return parse_all(parser, bytes, [] { return std::string_view::npos; });
}

int failure_of(std::string_view bytes, RequestParser::Limits limits = {}) {
  RequestParser parser(limits);
  parse_all(parser, bytes);
  return parser.has_failed() ? parser.failure().status : 0;
}

constexpr std::string_view kPost =
    "POST /hook?a=1 HTTP/1.1\r\nHost: x\r\nWebhook-ID:  0-1-42-0 \r\nContent-Length: 7\r\n\r\n"
    "{\"a\":1}";
constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;note=x\r\n{\"a\r\nA\r\n\":12345678\r\n1\r\n}\r\n0\r\nTrailer: ignored\r\n\r\n";

void expect_post(const Request& request) {
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?a=1");
  EXPECT_EQ(request.header("webhook-id"), "0-1-42-0");
  EXPECT_EQ(request.header("absent"), "");
  EXPECT_EQ(request.body, "{\"a\":1}");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, ReadsARequestInOnePiece) {
  RequestParser parser;
  const auto requests = parse_all(parser, kPost);
  ASSERT_EQ(requests.size(), 1U);
  expect_post(requests[0]);
}

TEST(RequestParser, ReadsARequestCutAtEveryByte) {
  for (std::size_t cut = 1; cut < kPost.size(); ++cut) {
    SCOPED_TRACE(cut);
    RequestParser parser;
    EXPECT_TRUE(parse_all(parser, kPost.substr(0, cut)).empty());
    EXPECT_FALSE(parser.has_failed());
    const auto requests = parse_all(parser, kPost.substr(cut));
    ASSERT_EQ(requests.size(), 1U);
    expect_post(requests[0]);
  }
}

TEST(RequestParser, PutsChunksTogetherCutAtEveryByte) {
  for (std::size_t cut = 1; cut < kChunked.size(); ++cut) {
    SCOPED_TRACE(cut);
    RequestParser parser;
    EXPECT_TRUE(parse_all(parser, kChunked.substr(0, cut)).empty());
    const auto requests = parse_all(parser, kChunked.substr(cut));
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].body, "{\"a\":12345678}");
  }
}

TEST(RequestParser, PipelinedRequestsInRandomPiecesComeOutWholeAndInOrder) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  std::string bytes;
  for (int i = 0; i < 500; ++i) {
    if (i % 3 == 0) {
      bytes += kChunked;
    } else {
      const std::string body(random() % 300, 'x');
      bytes += "PUT /" + std::to_string(i) +
               " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
  }
  RequestParser parser;
  const auto requests = parse_all(parser, bytes, [&] { return 1 + random() % 200; });

  ASSERT_EQ(requests.size(), 500U);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].target, i % 3 == 0 ? "/" : "/" + std::to_string(i));
  }
}

TEST(RequestParser, ConnectionStaysOpenAsTheVersionAndTheHeaderSay) {
  const auto keep_alive = [](const std::string& text) {
    RequestParser parser;
    return parse_all(parser, text).at(0).keep_alive;
  };
  EXPECT_TRUE(keep_alive("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keep_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, ExpectationIsSaidOnce) {
  RequestParser parser;
  parser.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(parser.take_expectation());
  EXPECT_FALSE(parser.take_expectation());
}

TEST(RequestParser, RefusesWhatIsNotHttp) {
  for (const std::string_view bytes :
       {"nonsense\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nName : x\r\n\r\n", "GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", "GET / HTTP/1.1\nA: 1\n\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n"}) {
    SCOPED_TRACE(std::string(bytes));
    EXPECT_EQ(failure_of(bytes), 400);
  }
  EXPECT_EQ(failure_of("GET / HTTP/2.0\r\n\r\n"), 505);
}

TEST(RequestParser, RefusesBodiesOfDoubtfulLength) {
  const std::string post = "POST / HTTP/1.1\r\n";
  for (const auto* const header :
       {"Content-Length: x", "Content-Length: -1", "Content-Length: +1",
        "Content-Length:", "Content-Length: 1 2", "Content-Length: 18446744073709551616",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1\r\nTransfer-Encoding: chunked"}) {
    SCOPED_TRACE(header);
    EXPECT_EQ(failure_of(post + header + "\r\n\r\n"), 400);
  }
  EXPECT_EQ(failure_of(post + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(failure_of(post + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string post = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(failure_of(post + "x\r\n"), 400);
  EXPECT_EQ(failure_of(post + "-1\r\n"), 400);
  EXPECT_EQ(failure_of(post + "\r\n"), 400);
  EXPECT_EQ(failure_of(post + "3\r\nabcd\r\n"), 400);
  EXPECT_EQ(failure_of(post + "3\nabc\r\n"), 400);
  EXPECT_EQ(failure_of(post + "10000000000000000\r\n"), 400);
  EXPECT_EQ(failure_of(post + "ffffffffffffffff\r\n"), 413);
  EXPECT_EQ(failure_of(post + "3;" + std::string(2'000, 'x')), 400);
}

TEST(RequestParser, HoldsToItsLimits) {
  const RequestParser::Limits limits{.header_bytes = 100, .body_bytes = 10};
  const std::string start = "POST / HTTP/1.1\r\n";
  const auto with_header_of = [&](std::size_t size) {
    return start + "A: " + std::string(size - start.size() - 7, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(with_header_of(100).size(), 100U);
  EXPECT_EQ(failure_of(with_header_of(100), limits), 0);
  EXPECT_EQ(failure_of(with_header_of(101), limits), 431);
  EXPECT_EQ(failure_of(std::string(200, 'x'), limits), 431);
  EXPECT_EQ(failure_of(start + "Content-Length: 10\r\n\r\n", limits), 0);
  EXPECT_EQ(failure_of(start + "Content-Length: 11\r\n\r\n", limits), 413);
  const auto chunked = start + "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n";
  EXPECT_EQ(failure_of(chunked + "4\r\n1234\r\n", limits), 0);
  EXPECT_EQ(failure_of(chunked + "5\r\n12345\r\n", limits), 413);
  std::string trailers;
  for (int i = 0; i < 20; ++i) trailers += "A: 1234567890\r\n";
  EXPECT_EQ(failure_of(chunked + "0\r\n" + trailers, limits), 431);
}

}  // namespace
}  // namespace pikachu::receive
