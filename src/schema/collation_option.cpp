#include "schema/collation_option.h"

namespace pikachu::schema {
namespace {

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
    charset_is_last_ = false;
    collation_ = in.take_named_value("a collation's name");
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
  charset_is_last_ = true;
  charset_ = is_default_ ? "" : in.take_named_value("a character set's name");
}

base::Result<std::uint32_t> CollationOption::resolve(std::uint32_t current, std::uint32_t fallback,
                                                     const Session& session) const {
  std::uint32_t collation = current;
  if (is_default_) {
    // Observed on MariaDB 10.11 and 11.8: of the default only the character set counts.
    collation = session.is_mariadb() ? SessionCollations::own_default_of(fallback) : fallback;
  }
  if (!charset_.empty()) {
    const auto of_charset = session.collations.of_charset(charset_);
    if (!of_charset) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "the character set '" + charset_ + "' is not known");
    }
    collation = *of_charset;
  }
  // Observed on MySQL 5.6: a character set that follows a collation undoes it.
  const bool is_old_mysql = !session.is_mariadb() && !session.is_mysql_8;
  if (collation_.empty() || (is_old_mysql && charset_is_last_)) return collation;
  const auto named = session.collations.of_name(collation_, collation);
  if (!named) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "the collation '" + collation_ + "' is not known");
  }
  return *named;
}

}  // namespace pikachu::schema
