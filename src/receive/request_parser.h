#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pikachu::receive {

/// One HTTP request, whole.
struct Request {
  std::string method;
  std::string target;                                        ///< As sent: "/hook?a=1".
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;                                          ///< Its chunks put together.
  bool keep_alive = true;

  /// The value of the first header of that name (in lower case); "" if there is none.
  std::string_view header(std::string_view name) const;
};

/// Takes HTTP/1.x requests out of a stream of bytes, however they are cut into pieces.
///
/// Strict where leniency would let two readers see two different requests: CRLF line ends, one
/// Content-Length, never beside a Transfer-Encoding, no folded lines, no space before a colon.
///
/// Pure. Threads: one owner.
/// Spec: RFC 9112, sections 2 to 7.
class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes = 64U << 10U;  ///< Request line and headers; also the trailers.
    std::size_t body_bytes = 64U << 20U;
  };
  /// What is wrong with a request, as an HTTP status and a sentence.
  struct Failure {
    int status = 400;
    std::string reason;
  };

  RequestParser() = default;
  explicit RequestParser(const Limits& limits) : limits_(limits) {}

  /// Reads from the front of `bytes` until they or the request end; returns how many it has read.
  /// After a failure it reads nothing more.
  std::size_t feed(std::string_view bytes);

  bool is_complete() const { return stage_ == Stage::kComplete; }
  bool has_failed() const { return stage_ == Stage::kFailed; }
  /// REQUIRES: has_failed().
  const Failure& failure() const { return failure_; }

  /// Whether the client waits for a "100 Continue" before it sends the body. Says so once.
  bool take_expectation() { return std::exchange(expects_continue_, false); }

  /// Hands the request out and begins with the next. REQUIRES: is_complete().
  Request take();

 private:
  enum class Stage : std::uint8_t {
    kHeader,
    kBody,
    kChunkSize,
    kChunkBytes,
    kChunkEnd,
    kTrailer,
    kComplete,
    kFailed
  };
  enum class Line : std::uint8_t { kWhole, kPartial, kFailed };

  std::size_t feed_header(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  std::size_t feed_chunk_line(std::string_view bytes);
  Line read_line(std::string_view& bytes, std::size_t limit);
  void end_header();
  bool parse_request_line(std::string_view line);
  bool parse_header_line(std::string_view line);
  void choose_body();
  void parse_chunk_size();
  void fail(int status, std::string reason);

  Limits limits_;
  Stage stage_ = Stage::kHeader;
  Failure failure_;
  Request request_;
  std::string text_;  ///< The header block, chunk line or trailers read so far.
  std::size_t trailer_bytes_ = 0;
  std::size_t left_ = 0;  ///< Bytes of the body or chunk still to come.
  bool expects_continue_ = false;
};

}  // namespace pikachu::receive
