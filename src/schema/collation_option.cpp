#include "schema/collation_option.h"

namespace pikachu::schema {
namespace {

using TokenKind = StatementCursor::TokenKind;

std::string read_value(StatementCursor& in, std::string_view what) {
  in.accept_symbol('=');
  return in.peek().kind == TokenKind::kString ? in.take_string() : in.take_name(what);
}

bool is_charset(const StatementCursor& in) {
  if (in.is("CHARSET")) return true;
  return (in.is("CHARACTER") || in.is("CHAR")) && in.peek_second().is("SET");
}

}  // namespace

bool CollationOption::read(StatementCursor& in) {
  if (in.is("DEFAULT")) {
    const StatementCursor::Token second = in.peek_second();
    const bool ours =
        second.is("CHARSET") || second.is("CHARACTER") || second.is("CHAR") || second.is("COLLATE");
    if (!ours) return false;
    in.take();
  }
  if (in.accept("COLLATE")) {
    given_ = true;
    collation_ = read_value(in, "a collation's name");
    return true;
  }
  if (!is_charset(in)) return false;
  if (!in.accept("CHARSET")) {
    in.take();
    in.take();
  }
  read_charset(in);
  return true;
}

void CollationOption::read_charset(StatementCursor& in) {
  given_ = true;
  in.accept_symbol('=');
  is_default_ = in.accept("DEFAULT");
  charset_ = is_default_ ? "" : read_value(in, "a character set's name");
}

base::Result<std::uint32_t> CollationOption::resolve(std::uint32_t current, std::uint32_t fallback,
                                                     const Session& session) const {
  std::uint32_t collation = is_default_ ? fallback : current;
  if (!charset_.empty()) {
    const auto of_charset = session.collations.of_charset(charset_);
    if (!of_charset) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "the character set '" + charset_ + "' is not known");
    }
    collation = *of_charset;
  }
  if (collation_.empty()) return collation;
  const auto named = session.collations.of_name(collation_, collation);
  if (!named) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "the collation '" + collation_ + "' is not known");
  }
  return *named;
}

}  // namespace pikachu::schema
