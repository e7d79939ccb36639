#include "tests/support/random_columns.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pikachu::test {
namespace {

using Shown = RandomColumn::Shown;
using Expression = RandomColumn::Expression;

const std::vector<char32_t>& text_pool() {
  static const std::vector<char32_t> pool{
      U'a', U'B',    U'0',    U' ',      U'\'',     U'"',  U'\\',     U'\n',
      U'%', U'\xe9', U'\xdf', U'\u20ac', U'\u65e5', U'\t', U'\u0001', U'\U0001f600'};
  return pool;
}

std::string sized(const std::string& type, std::size_t size) {
  return type + "(" + std::to_string(size) + ")";
}

// Long values are repetitions, so that the statement stays short.
Expression text_of(std::size_t most, std::vector<char32_t> pool = text_pool()) {
  return [most, pool = std::move(pool)](RandomValues& random) -> std::string {
    constexpr std::size_t kPlain = 64;
    const std::size_t size = random.length(most);
    if (size == 0) return "''";
    const auto literal = [](const std::string& utf8) {
      return "CONVERT(" + hex_literal(utf8) + " USING utf8mb4)";
    };
    if (size <= kPlain) return literal(random.text(pool, size));
    const std::string count = std::to_string(size);
    return "LEFT(REPEAT(" + literal(random.text(pool, 1 + random.below(20))) + ", " + count +
           "), " + count + ")";
  };
}

Expression bytes_of(std::size_t most) {
  return [most](RandomValues& random) {
    constexpr std::size_t kPlain = 64;
    const std::size_t size = random.length(most);
    if (size <= kPlain) return hex_literal(random.bytes(size));
    const std::string count = std::to_string(size);
    return "LEFT(REPEAT(" + hex_literal(random.bytes(1 + random.below(20))) + ", " + count + "), " +
           count + ")";
  };
}

RandomColumn column(std::string name, std::string type, Shown shown, Expression value) {
  return {std::move(name), std::move(type), shown, std::move(value), {}};
}

}  // namespace

std::vector<RandomColumn> number_columns(RandomValues& random) {
  std::vector<RandomColumn> columns;
  constexpr std::array<std::pair<const char*, unsigned>, 5> kIntegers{
      {{"TINYINT", 8}, {"SMALLINT", 16}, {"MEDIUMINT", 24}, {"INT", 32}, {"BIGINT", 64}}};
  for (const auto& [type, bits] : kIntegers) {
    const std::string name = "i" + std::to_string(bits);
    const auto value = [bits = bits](bool is_unsigned) {
      return [bits, is_unsigned](RandomValues& r) { return r.integer(bits, is_unsigned); };
    };
    columns.push_back(column(name, type, Shown::kText, value(false)));
    columns.push_back(
        column("u" + name, std::string(type) + " UNSIGNED", Shown::kText, value(true)));
  }
  columns.push_back(column("zerofill", "INT(7) ZEROFILL", Shown::kText,
                           [](RandomValues& r) { return r.integer(32, true); }));
  std::vector<std::pair<unsigned, unsigned>> decimals{{1, 0},  {65, 30}, {65, 0}, {30, 30},
                                                      {10, 2}, {9, 9},   {18, 9}, {19, 10}};
  for (int i = 0; i < 6; ++i) {
    const auto precision = static_cast<unsigned>(random.between(1, 65));
    decimals.emplace_back(precision,
                          static_cast<unsigned>(random.below(std::min(30U, precision) + 1)));
  }
  for (const auto& [precision, scale] : decimals) {
    const std::string size = std::to_string(precision) + "," + std::to_string(scale);
    columns.push_back(column("d" + std::to_string(columns.size()), "DECIMAL(" + size + ")",
                             Shown::kText, [precision = precision, scale = scale](RandomValues& r) {
                               return r.decimal(precision, scale);
                             }));
  }
  const auto single = [](RandomValues& r) { return r.single(); };
  const auto twofold = [](RandomValues& r) { return r.twofold(); };
  columns.push_back(column("f", "FLOAT", Shown::kExactDouble, single));
  columns.push_back(column("f73", "FLOAT(7,3)", Shown::kExactDouble, single));
  columns.push_back(column("uf", "FLOAT UNSIGNED", Shown::kExactDouble, single));
  columns.push_back(column("d", "DOUBLE", Shown::kExactDouble, twofold));
  columns.push_back(column("ud", "DOUBLE UNSIGNED", Shown::kExactDouble, twofold));
  columns.push_back(column("d155", "DOUBLE(15,5)", Shown::kExactDouble,
                           [](RandomValues& r) { return r.decimal(15, 5); }));
  for (const unsigned bits : {1U, 7U, 8U, 9U, 16U, 23U, 33U, 56U, 63U, 64U}) {
    columns.push_back(column("bit" + std::to_string(bits), sized("BIT", bits), Shown::kBits,
                             [bits](RandomValues& r) { return r.bits(bits); }));
  }
  columns.push_back(column("y", "YEAR", Shown::kText, [](RandomValues& r) { return r.year(); }));
  return columns;
}

std::vector<RandomColumn> temporal_columns(std::int64_t last_second) {
  std::vector<RandomColumn> columns;
  columns.push_back(column("da", "DATE", Shown::kText, [](RandomValues& r) { return r.date(); }));
  for (unsigned digits = 0; digits <= 6; ++digits) {
    const std::string name = std::to_string(digits);
    columns.push_back(column("ti" + name, sized("TIME", digits), Shown::kText,
                             [digits](RandomValues& r) { return r.time(digits); }));
    columns.push_back(column("dt" + name, sized("DATETIME", digits), Shown::kText,
                             [digits](RandomValues& r) { return r.datetime(digits); }));
    columns.push_back(column(
        "ts" + name, sized("TIMESTAMP", digits) + " NULL", Shown::kText,
        [digits, last_second](RandomValues& r) { return r.timestamp(digits, last_second); }));
  }
  return columns;
}

std::vector<RandomColumn> string_columns() {
  std::vector<RandomColumn> columns;
  for (const std::size_t size : {0U, 1U, 63U, 64U, 128U, 255U}) {
    columns.push_back(
        column("c" + std::to_string(size), sized("CHAR", size), Shown::kText, text_of(size)));
    columns.push_back(
        column("b" + std::to_string(size), sized("BINARY", size), Shown::kHex, bytes_of(size)));
  }
  for (const std::size_t size : {1U, 63U, 64U, 255U, 256U, 2000U}) {
    columns.push_back(
        column("v" + std::to_string(size), sized("VARCHAR", size), Shown::kText, text_of(size)));
    columns.push_back(column("vl" + std::to_string(size),
                             sized("VARCHAR", size) + " CHARACTER SET latin1", Shown::kText,
                             text_of(size, {U'a', U'\xe9', U'\u20ac', U'\x81', U'z'})));
    columns.push_back(
        column("vb" + std::to_string(size), sized("VARBINARY", size), Shown::kHex, bytes_of(size)));
  }
  columns.push_back(column("long_one", "VARCHAR(30000) CHARACTER SET latin1", Shown::kText,
                           text_of(30'000, {U'a', U'\xe9', U'\u0178'})));
  return columns;
}

std::vector<RandomColumn> blob_columns() {
  constexpr std::size_t kTiny = 255;
  constexpr std::size_t kMost = 66'000;
  std::vector<RandomColumn> columns;
  for (const std::string size : {"TINY", "", "MEDIUM", "LONG"}) {
    const std::size_t most = size == "TINY" ? kTiny : kMost;
    columns.push_back(column(size + "b", size + "BLOB", Shown::kHex, bytes_of(most)));
    columns.push_back(column(size + "t", size + "TEXT", Shown::kText, text_of(most)));
  }
  return columns;
}

std::vector<RandomColumn> label_columns() {
  std::vector<RandomColumn> columns;
  const auto labels = [](std::size_t count) {
    // Few servers agree with themselves on how these are written.
    constexpr std::array<const char*, 6> kOdd{
        "'it''s'", "'\xc3\xbc\xe2\x82\xac'", "'\xe6\x97\xa5 x'", "'a\"b`c'", "')('", "''"};
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) list += ',';
      list += i < kOdd.size() ? kOdd.at(i) : "'label " + std::to_string(i) + "'";
    }
    return "(" + list + ")";
  };
  for (const std::size_t count : {1U, 2U, 7U, 255U, 256U, 1000U}) {
    columns.push_back(
        column("e" + std::to_string(count), "ENUM" + labels(count), Shown::kText,
               [count](RandomValues& r) { return std::to_string(r.below(count + 1)); }));
  }
  for (const unsigned count : {1U, 7U, 8U, 9U, 16U, 17U, 24U, 25U, 32U, 33U, 64U}) {
    std::string list;
    for (unsigned i = 1; i <= count; ++i)
      list += (i == 1 ? "'m" : ",'m\xc3\xa9") + std::to_string(i) + "'";
    columns.push_back(column("s" + std::to_string(count), "SET(" + list + ")", Shown::kText,
                             [count](RandomValues& r) { return r.integer(count, true); }));
  }
  return columns;
}

std::vector<RandomColumn> json_columns(bool is_mariadb) {
  const auto text = [](RandomValues& r) {
    return "CONVERT(" + hex_literal(r.json_text()) + " USING utf8mb4)";
  };
  std::vector<RandomColumn> columns{column("j", "JSON", Shown::kText, text),
                                    column("k", "JSON", Shown::kText, text)};
  if (is_mariadb) return columns;
  columns.push_back(column("values", "JSON", Shown::kText,
                           [](RandomValues& r) { return r.json_of_sql_values(); }));
  for (RandomColumn& changed : columns) {
    const std::string name = "`" + changed.name + "`";
    // Done in place where there is room: that leaves holes in what is stored.
    changed.change = [name](RandomValues& r) {
      constexpr std::array<const char*, 6> kPaths{"$.a",    "$[0]",   "$[1]",
                                                  "$.B[0]", "$[0].a", "$[9]"};
      const std::string path =
          std::string("'") + r.pick(std::span<const char* const>(kPaths)) + "'";
      if (r.one_in(3)) {
        const bool is_ninth = path.find("[9]") != std::string::npos;
        std::string expression = "JSON_REMOVE(" + name;
        expression.append(", ").append(path, 0, path.find("[9]"));
        return expression.append(is_ninth ? "[2]')" : ")");
      }
      constexpr std::array<const char*, 4> kHow{"SET", "REPLACE", "INSERT", "ARRAY_APPEND"};
      std::string expression = std::string("JSON_") + r.pick(std::span<const char* const>(kHow));
      expression.append("(").append(name).append(", ").append(path).append(", ");
      expression.append(r.one_in(2) ? r.integer(32, false) : std::string("'text'"));
      return expression.append(")");
    };
  }
  return columns;
}

std::vector<RandomColumn> geometry_columns() {
  const auto value = [](RandomValues& r) {
    const std::string srid = r.one_in(2) ? "0" : "3857";
    return "ST_GeomFromText('" + r.geometry_text() + "', " + srid + ")";
  };
  const auto point = [](RandomValues& r) {
    return "ST_GeomFromText('POINT(" + std::to_string(r.between(-9, 9)) + " 2.5)')";
  };
  return {column("g", "GEOMETRY", Shown::kHex, value), column("p", "POINT", Shown::kHex, point),
          column("h", "GEOMETRY", Shown::kHex, value)};
}

std::vector<RandomColumn> address_columns() {
  return {
      column("uu", "UUID", Shown::kText, [](RandomValues& r) { return r.uuid(); }),
      column("i4", "INET4", Shown::kText, [](RandomValues& r) { return r.inet4(); }),
      column("i6", "INET6", Shown::kText, [](RandomValues& r) { return r.inet6(); }),
      column("b16", "BINARY(16)", Shown::kHex, bytes_of(16)),
      column("b4", "BINARY(4)", Shown::kHex, bytes_of(4)),
  };
}

std::vector<RandomColumn> compressed_columns() {
  constexpr std::size_t kMost = 66'000;
  return {
      column("v", "VARCHAR(2000) COMPRESSED", Shown::kText, text_of(2000)),
      column("vl", "VARCHAR(200) COMPRESSED CHARACTER SET latin1", Shown::kText,
             text_of(200, {U'a', U'\xe9'})),
      column("vb", "VARBINARY(2000) COMPRESSED", Shown::kHex, bytes_of(2000)),
      column("t", "TEXT COMPRESSED", Shown::kText, text_of(kMost)),
      column("tt", "TINYTEXT COMPRESSED", Shown::kText, text_of(255)),
      column("b", "BLOB COMPRESSED", Shown::kHex, bytes_of(kMost)),
      column("lb", "LONGBLOB COMPRESSED", Shown::kHex, bytes_of(kMost)),
  };
}

std::vector<RandomColumn> vector_columns(bool is_mariadb) {
  const std::string function = is_mariadb ? "VEC_FromText" : "STRING_TO_VECTOR";
  std::vector<RandomColumn> columns;
  for (const std::size_t dimensions : {1U, 3U, 64U}) {
    columns.push_back(column("v" + std::to_string(dimensions), sized("VECTOR", dimensions),
                             Shown::kHex, [function, dimensions](RandomValues& r) {
                               return function + "('" + r.vector_text(dimensions) + "')";
                             }));
  }
  return columns;
}

std::vector<RandomColumn> generated_columns() {
  return {
      column("a", "INT", Shown::kText,
             [](RandomValues& r) { return std::to_string(r.between(-1000, 1000)); }),
      column("v", "INT GENERATED ALWAYS AS (a * 2) VIRTUAL", Shown::kText, {}),
      column("t", "VARCHAR(20)", Shown::kText, text_of(20)),
      column("s", "VARCHAR(60) GENERATED ALWAYS AS (CONCAT('s', a, t)) STORED", Shown::kText, {}),
      column("d", "DECIMAL(10,2) GENERATED ALWAYS AS (a / 3) VIRTUAL", Shown::kText, {}),
      column("last", "BINARY(3)", Shown::kHex, bytes_of(3)),
  };
}

std::vector<RandomColumn> mixed_columns() {
  return {
      column("te", "VARCHAR(40)", Shown::kText, text_of(40)),
      column("bi", "BINARY(5)", Shown::kHex, bytes_of(5)),
      column("nu", "BIGINT UNSIGNED", Shown::kText,
             [](RandomValues& r) { return r.integer(64, true); }),
      column("fl", "FLOAT", Shown::kExactDouble, [](RandomValues& r) { return r.single(); }),
      column("ts", "TIMESTAMP(3) NULL", Shown::kText,
             [](RandomValues& r) { return r.timestamp(3, 2'147'483'647); }),
      column("bl", "BLOB", Shown::kHex, bytes_of(300)),
  };
}

std::vector<RandomColumn> wide_columns() {
  constexpr int kColumns = 600;
  std::vector<RandomColumn> columns;
  columns.reserve(kColumns);
  for (int i = 0; i < kColumns; ++i) {
    columns.push_back(column("w" + std::to_string(i), i % 2 == 0 ? "TINYINT" : "BIT(3)",
                             i % 2 == 0 ? Shown::kText : Shown::kBits,
                             [](RandomValues& r) { return std::to_string(r.below(8)); }));
  }
  return columns;
}

}  // namespace pikachu::test
