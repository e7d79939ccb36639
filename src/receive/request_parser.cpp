#include "receive/request_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace pikachu::receive {
namespace {

constexpr std::string_view kEndOfHeader = "\r\n\r\n";
constexpr std::size_t kChunkLineBytes = 1'024;

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The whole of `text` as a number without sign; nothing if it is anything else or too large.
std::optional<std::size_t> parse_number(std::string_view text, int base) {
  std::size_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t read = 0;
  while (read < bytes.size() && stage_ != Stage::kComplete && stage_ != Stage::kFailed) {
    const auto rest = bytes.substr(read);
    switch (stage_) {
      case Stage::kHeader:
        read += feed_header(rest);
        break;
      case Stage::kBody:
      case Stage::kChunkBytes:
        read += feed_body(rest);
        break;
      case Stage::kChunkSize:
      case Stage::kChunkEnd:
      case Stage::kTrailer:
        read += feed_chunk_line(rest);
        break;
      case Stage::kComplete:
      case Stage::kFailed:
        break;
    }
  }
  return read;
}

Request RequestParser::take() {
  stage_ = Stage::kHeader;
  text_.clear();
  trailer_bytes_ = 0;
  left_ = 0;
  return std::exchange(request_, Request{});
}

std::size_t RequestParser::feed_header(std::string_view bytes) {
  // Empty lines before a request are skipped (RFC 9112, 2.2).
  if (text_.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) return 1;
  const auto before = text_.size();
  const auto searched = before < 3 ? 0 : before - 3;
  text_.append(bytes.substr(0, std::min(bytes.size(), limits_.header_bytes + 1 - before)));
  const auto end = text_.find(kEndOfHeader, searched);
  if (end == std::string::npos) {
    if (text_.find("\n\n", searched) != std::string::npos) {
      fail(400, "header lines end with a bare line feed; end them with CR LF");
    } else if (text_.size() > limits_.header_bytes) {
      fail(431, "the header is longer than " + std::to_string(limits_.header_bytes) + " bytes");
    }
    return text_.size() - before;
  }
  const auto length = end + kEndOfHeader.size();
  text_.resize(length);
  if (length > limits_.header_bytes) {
    fail(431, "the header is longer than " + std::to_string(limits_.header_bytes) + " bytes");
  } else {
    end_header();
  }
  return length - before;
}

void RequestParser::end_header() {
  std::string_view rest(text_);
  rest.remove_suffix(2);  // The empty line's CRLF: what is left ends each line with one.
  bool is_first = true;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    if (!(is_first ? parse_request_line(line) : parse_header_line(line))) return;
    is_first = false;
    rest.remove_prefix(end + 2);
  }
  choose_body();
  text_.clear();
}

bool RequestParser::parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    fail(400, "the request line is not METHOD TARGET HTTP/1.1");
    return false;
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, second - first - 1);
  const auto version = line.substr(second + 1);
  if (!is_token(method) || target.empty() ||
      std::any_of(target.begin(), target.end(), is_control)) {
    fail(400, "the request line is not METHOD TARGET HTTP/1.1");
    return false;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    fail(505, "only HTTP/1.1 and HTTP/1.0 are understood");
    return false;
  }
  request_.method = method;
  request_.target = target;
  request_.keep_alive = version == "HTTP/1.1";
  return true;
}

bool RequestParser::parse_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    fail(400, "a header line is not NAME: VALUE");
    return false;
  }
  const auto value = trim(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; })) {
    fail(400, "a header value has a control character");
    return false;
  }
  request_.headers.emplace_back(lower_case(line.substr(0, colon)), value);
  return true;
}

void RequestParser::choose_body() {
  std::optional<std::string_view> length;
  bool is_chunked = false;
  for (const auto& [name, value] : request_.headers) {
    if (name == "connection") {
      const auto wish = lower_case(value);
      if (wish == "close") request_.keep_alive = false;
      if (wish == "keep-alive") request_.keep_alive = true;
    } else if (name == "expect") {
      expects_continue_ = lower_case(value) == "100-continue";
    } else if (name == "content-length") {
      if (length && *length != value) return fail(400, "there are two different Content-Lengths");
      length = value;
    } else if (name == "transfer-encoding") {
      if (is_chunked || lower_case(value) != "chunked") {
        return fail(501, "the only Transfer-Encoding understood is chunked");
      }
      is_chunked = true;
    }
  }
  if (is_chunked) {
    if (length) return fail(400, "Content-Length and Transfer-Encoding exclude each other");
    stage_ = Stage::kChunkSize;
    return;
  }
  const auto bytes = length ? parse_number(*length, 10) : 0;
  if (!bytes) return fail(400, "Content-Length is not a number of bytes");
  if (*bytes > limits_.body_bytes) {
    return fail(413, "the body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  left_ = *bytes;
  stage_ = left_ == 0 ? Stage::kComplete : Stage::kBody;
}

std::size_t RequestParser::feed_body(std::string_view bytes) {
  const auto count = std::min(left_, bytes.size());
  request_.body.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) stage_ = stage_ == Stage::kBody ? Stage::kComplete : Stage::kChunkEnd;
  return count;
}

std::size_t RequestParser::feed_chunk_line(std::string_view bytes) {
  const auto before = bytes.size();
  const auto limit = stage_ == Stage::kTrailer ? limits_.header_bytes : kChunkLineBytes;
  if (read_line(bytes, limit) == Line::kWhole) {
    if (stage_ == Stage::kChunkSize) {
      parse_chunk_size();
    } else if (stage_ == Stage::kChunkEnd) {
      stage_ = Stage::kChunkSize;
      if (!text_.empty()) fail(400, "a chunk is longer than its size says");
    } else if (text_.empty()) {
      stage_ = Stage::kComplete;  // Trailers are read and ignored.
    } else if ((trailer_bytes_ += text_.size()) > limits_.header_bytes) {
      fail(431, "the trailers are longer than " + std::to_string(limits_.header_bytes) + " bytes");
    }
    text_.clear();
  }
  return before - bytes.size();
}

RequestParser::Line RequestParser::read_line(std::string_view& bytes, std::size_t limit) {
  const auto end = bytes.find('\n');
  const auto count = end == std::string_view::npos ? bytes.size() : end + 1;
  if (text_.size() + count > limit + 2) {
    fail(400, "a line of the chunked body is longer than " + std::to_string(limit) + " bytes");
    return Line::kFailed;
  }
  text_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  if (end == std::string_view::npos) return Line::kPartial;
  if (!text_.ends_with("\r\n")) {
    fail(400, "a line of the chunked body does not end with CR LF");
    return Line::kFailed;
  }
  text_.resize(text_.size() - 2);
  return Line::kWhole;
}

void RequestParser::parse_chunk_size() {
  const auto size = parse_number(trim(std::string_view(text_).substr(0, text_.find(';'))), 16);
  if (!size) return fail(400, "a chunk's size is not a hexadecimal number");
  if (*size > limits_.body_bytes - request_.body.size()) {
    return fail(413, "the body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  left_ = *size;
  stage_ = left_ == 0 ? Stage::kTrailer : Stage::kChunkBytes;
}

void RequestParser::fail(int status, std::string reason) {
  stage_ = Stage::kFailed;
  failure_ = {status, std::move(reason)};
}

}  // namespace pikachu::receive
