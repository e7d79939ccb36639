#include "schema/column_type_clause.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "schema/ascii.h"

namespace pikachu::schema {
namespace {

// Spec: mysql-server 9.7 sql/system_variables.h, MODE_REAL_AS_FLOAT; MariaDB 11.8 sql/sql_class.h,
// MODE_ORACLE.
constexpr std::uint64_t kRealAsFloat = 0x1;
constexpr std::uint64_t kOracleMode = 0x200;

constexpr std::size_t kLabelsMax = 65'535;
constexpr std::uint32_t kFloatPrecisionMax = 24;

void read_labels(StatementCursor& in, const Session& session, ColumnType& type) {
  type.labels_as_shown = session.labels_as_shown;
  in.expect_symbol('(');
  do {
    if (type.labels.size() == kLabelsMax) return in.fail("at most 65535 labels");
    const bool is_quoted = in.peek().kind == StatementCursor::TokenKind::kString;
    std::string label = in.take_string();
    // Numbers' bytes are in a character set that is not known here.
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!is_quoted && !std::ranges::all_of(label, is_ascii)) return in.fail("a quoted label");
    // Servers keep labels without trailing blanks.
    label.erase(label.find_last_not_of(' ') + 1);
    type.labels.push_back(std::move(label));
  } while (in.accept_symbol(','));
  in.expect_symbol(')');
}

void read_numbers(StatementCursor& in, ColumnType& type) {
  if (!in.accept_symbol('(')) return;
  type.length = in.take_number();
  if (in.accept_symbol(',')) type.decimals = in.take_number();
  // Oracle's VARCHAR2(10 CHAR)
  if (!in.accept("CHAR")) in.accept("BYTE");
  in.expect_symbol(')');
}

// Behind LONG: VARCHAR, CHAR VARYING, VARBINARY or nothing.
void read_long(StatementCursor& in, ColumnType& type) {
  if (in.accept("VARBINARY")) {
    type.kind = TypeKind::kMediumblob;
    return;
  }
  if (in.accept("CHAR") || in.accept("CHARACTER")) return in.expect("VARYING");
  if (!in.accept("VARCHAR")) in.accept("VARCHARACTER");
}

// NATIONAL CHAR, NATIONAL VARCHAR, NCHAR VARYING, …
void read_national(StatementCursor& in, bool spelled_out, ColumnClause& clause) {
  ColumnType& type = clause.column.type;
  clause.charset = "utf8mb3";
  if (spelled_out) {
    if (in.accept("VARCHAR") || in.accept("VARCHARACTER")) {
      type.kind = TypeKind::kVarchar;
      return;
    }
    if (!in.accept("CHARACTER")) in.expect("CHAR");
    type.kind = TypeKind::kChar;
  }
  if (type.kind != TypeKind::kChar) return;
  if (in.accept("VARYING") || in.accept("VARCHAR") || in.accept("VARCHARACTER")) {
    type.kind = TypeKind::kVarchar;
  }
}

// MariaDB: whose meaning a type's name has. oracle_schema.date is Oracle's DATE in any sql_mode.
enum class Dialect : std::uint8_t { kOwn, kOracle, kMaxdb };

Dialect read_dialect(StatementCursor& in, const Session& session) {
  if (!session.is_mariadb()) return Dialect::kOwn;
  Dialect dialect = (session.sql_mode & kOracleMode) != 0 ? Dialect::kOracle : Dialect::kOwn;
  if (!in.peek_second().is_symbol('.')) return dialect;
  if (in.is("ORACLE_SCHEMA")) {
    dialect = Dialect::kOracle;
  } else if (in.is("MAXDB_SCHEMA")) {
    dialect = Dialect::kMaxdb;
  } else if (in.is("MARIADB_SCHEMA")) {
    dialect = Dialect::kOwn;
  } else {
    in.fail("a column's type");
  }
  in.take();
  in.take();
  return dialect;
}

void apply_dialect(Dialect dialect, std::string_view name, ColumnType& type) {
  if (dialect == Dialect::kOracle && name == "date") type.kind = TypeKind::kDatetime;
  if (dialect == Dialect::kOracle && name == "blob") type.kind = TypeKind::kLongblob;
  if (dialect == Dialect::kMaxdb && name == "timestamp") type.kind = TypeKind::kDatetime;
}

// What MariaDB and MySQL read otherwise.
void apply_flavor(std::string_view name, const Session& session, ColumnClause& clause) {
  ColumnType& type = clause.column.type;
  if (session.is_mariadb() && type.kind == TypeKind::kJson) {
    type.kind = TypeKind::kLongtext;
    clause.is_json = true;
  }
  if (name == "real" && (session.sql_mode & kRealAsFloat) != 0) type.kind = TypeKind::kFloat;
  if (session.is_mysql_8 && type.kind == TypeKind::kGeometrycollection) {
    type.kind = TypeKind::kGeomcollection;
  }
  // NUMBER without a precision
  if (name == "number" && !type.length) type.kind = TypeKind::kDouble;
}

// Numbers that stand for others.
void normalize(ColumnType& type, const Session& session) {
  constexpr std::uint32_t kDecimalPrecision = 10;
  constexpr std::uint32_t kYearDigits = 4;
  switch (type.kind) {
    case TypeKind::kDecimal:
      if (type.length.value_or(0) == 0) type.length = kDecimalPrecision;
      if (!type.decimals) type.decimals = 0;
      return;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (type.decimals) return;
      // FLOAT(p) chooses between the two.
      if (type.kind == TypeKind::kFloat && type.length.value_or(0) > kFloatPrecisionMax) {
        type.kind = TypeKind::kDouble;
      }
      type.length.reset();
      return;
    case TypeKind::kYear:
      if (type.length && (type.length != 2U || !session.is_mariadb())) type.length = kYearDigits;
      return;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kMediumint:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kBit:
      if (type.length == 0U) type.length.reset();
      return;
    default:
      return;
  }
}

}  // namespace

void read_type(StatementCursor& in, const Session& session, ColumnClause& clause) {
  ColumnType& type = clause.column.type;
  type.widths = session.widths;
  const Dialect dialect = read_dialect(in, session);
  if (in.accept("NATIONAL")) {
    read_national(in, true, clause);
    return read_numbers(in, type);
  }
  const NamedType* named = in.peek().kind == StatementCursor::TokenKind::kWord
                               ? find_type(lower_ascii(in.peek().text))
                               : nullptr;
  if (named == nullptr) return in.fail("a column's type");
  in.take();
  type.kind = named->kind;
  if (named->length != 0) type.length = named->length;
  if (named->name == "serial") type.is_unsigned = true;
  if (named->name == "long") return read_long(in, type);
  if (named->name == "nchar" || named->name == "nvarchar") read_national(in, false, clause);
  if (type.kind == TypeKind::kChar && in.accept("VARYING")) type.kind = TypeKind::kVarchar;
  if (named->name == "double") in.accept("PRECISION");
  apply_dialect(dialect, named->name, type);
  if (type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet)
    return read_labels(in, session, type);
  read_numbers(in, type);
  apply_flavor(named->name, session, clause);
  normalize(type, session);
}

}  // namespace pikachu::schema
