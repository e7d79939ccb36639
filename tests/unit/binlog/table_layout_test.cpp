#include "binlog/table_layout.h"

#include <gtest/gtest.h>

#include "binlog/sql_type.h"
#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

using change::Column;
using change::ColumnHint;
using change::Flavor;
using change::TableSchema;

constexpr std::uint32_t kUtf8mb4 = 45;
constexpr std::uint32_t kLatin1 = 8;

MappedColumn nameless(ColumnType type, std::uint16_t metadata) {
  MappedColumn column;
  column.type = type;
  column.metadata = metadata;
  return column;
}

Column known_column(std::string name, std::string sql_type, std::uint32_t collation_id = 0) {
  Column column;
  column.name = std::move(name);
  column.is_unsigned = sql_type.find("unsigned") != std::string::npos;
  column.sql_type = std::move(sql_type);
  column.collation_id = collation_id;
  return column;
}

TableSchema known_table(std::vector<Column> columns) {
  TableSchema schema;
  schema.database = "shop";
  schema.table = "orders";
  schema.columns = std::move(columns);
  return schema;
}

TEST(SqlType, ReadsNameArgumentsLabelsAndAttributes) {
  const auto decimal = parse_sql_type("DECIMAL(10,2) unsigned zerofill");
  ASSERT_TRUE(decimal);
  EXPECT_EQ(decimal->name, "decimal");
  EXPECT_EQ(decimal->arguments[0], 10U);
  EXPECT_EQ(decimal->arguments[1], 2U);
  EXPECT_TRUE(decimal->is_unsigned);
  EXPECT_EQ(parse_sql_type("enum('a','it''s, ok','(unsigned)','')")->label_count, 4U);
  EXPECT_FALSE(parse_sql_type("enum('(unsigned)')")->is_unsigned);
  EXPECT_EQ(parse_sql_type("set('''','a)')")->label_count, 2U);
  EXPECT_TRUE(parse_sql_type("varchar(9) /*M!100301 COMPRESSED*/")->is_compressed);
  EXPECT_FALSE(parse_sql_type(""));
  EXPECT_FALSE(parse_sql_type("varchar(20"));
  EXPECT_FALSE(parse_sql_type("enum('a)"));
}

// Each type of information_schema with the type and metadata that the servers write for it, and
// with one that only another definition gives.
TEST(SqlType, MatchesExactlyWhatIsStored) {
  struct Case {
    std::string sql_type;
    std::size_t bytes_per_character;
    Flavor flavor;
    ColumnType type;
    std::uint16_t metadata;
    std::uint16_t other_metadata;
  };
  const std::vector<Case> cases{
      {"decimal(10,2)", 1, Flavor::kMysql, ColumnType::kNewDecimal, 0x0a02, 0x0b02},
      {"varchar(20)", 4, Flavor::kMysql, ColumnType::kVarchar, 80, 60},
      {"varbinary(20)", 4, Flavor::kMysql, ColumnType::kVarchar, 20, 80},
      {"char(255)", 4, Flavor::kMysql, ColumnType::kString, 1020, 255},
      {"binary(16)", 1, Flavor::kMysql, ColumnType::kString, 16, 17},
      {"uuid", 1, Flavor::kMariadb, ColumnType::kString, 16, 4},
      {"inet4", 1, Flavor::kMariadb, ColumnType::kString, 4, 16},
      {"enum('a','b')", 4, Flavor::kMysql, ColumnType::kEnum, 1, 2},
      {"set('a','b','c','d','e','f','g','h','i')", 4, Flavor::kMysql, ColumnType::kSet, 2, 1},
      {"bit(10)", 1, Flavor::kMysql, ColumnType::kBit, 0x0102, 0x0100},
      {"time(3)", 1, Flavor::kMysql, ColumnType::kTime2, 3, 0},
      {"datetime", 1, Flavor::kMysql, ColumnType::kDatetime2, 0, 6},
      {"timestamp(6)", 1, Flavor::kMysql, ColumnType::kTimestamp2, 6, 5},
      {"tinytext", 4, Flavor::kMysql, ColumnType::kBlob, 1, 2},
      {"mediumblob", 1, Flavor::kMysql, ColumnType::kBlob, 3, 4},
      {"vector(3)", 1, Flavor::kMariadb, ColumnType::kVarchar, 12, 3},
      {"varchar(20) /*M!100301 COMPRESSED*/", 1, Flavor::kMariadb, ColumnType::kVarcharCompressed,
       21, 20},
      {"text /*M!100301 COMPRESSED*/", 1, Flavor::kMariadb, ColumnType::kBlobCompressed, 2, 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sql_type);
    const auto type = parse_sql_type(c.sql_type);
    ASSERT_TRUE(type);
    EXPECT_TRUE(is_stored_as(*type, c.bytes_per_character, c.flavor, nameless(c.type, c.metadata)));
    EXPECT_FALSE(
        is_stored_as(*type, c.bytes_per_character, c.flavor, nameless(c.type, c.other_metadata)));
  }
}

TEST(SqlType, MatchesNoOtherType) {
  const std::vector<std::pair<std::string, ColumnType>> types{
      {"tinyint(1)", ColumnType::kTiny},    {"smallint", ColumnType::kShort},
      {"mediumint(9)", ColumnType::kInt24}, {"int(10) unsigned", ColumnType::kLong},
      {"bigint", ColumnType::kLongLong},    {"float(7,3)", ColumnType::kFloat},
      {"double", ColumnType::kDouble},      {"year(4)", ColumnType::kYear},
      {"date", ColumnType::kDate},          {"json", ColumnType::kJson},
      {"point", ColumnType::kGeometry},     {"vector(3)", ColumnType::kVector},
      {"timestamp", ColumnType::kTimestamp}};
  for (const auto& [sql_type, own_type] : types) {
    for (const auto& [other_sql_type, type] : types) {
      SCOPED_TRACE(testing::Message() << sql_type << " and " << other_sql_type);
      EXPECT_EQ(is_stored_as(*parse_sql_type(sql_type), 1, Flavor::kMysql, nameless(type, 0)),
                sql_type == other_sql_type);
    }
  }
}

TEST(TableLayout, NamesOfTheMapWinAndKnownColumnsAddHints) {
  TableMap map = table_map(
      {mapped_column("id", ColumnType::kLong), mapped_column("token", ColumnType::kString, 16)});
  map.primary_key = {0};
  // The same columns in another order, and with one that is gone.
  const TableSchema known = known_table(
      {known_column("gone", "int(11)"), known_column("token", "uuid"), known_column("id", "int")});

  const auto layout = make_table_layout(map, Flavor::kMariadb, &known);

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->schema->columns[0].name, "id");
  EXPECT_EQ(layout->schema->columns[1].hint, ColumnHint::kUuid);
  EXPECT_EQ(layout->columns[1].storage, Storage::kUuid);
  EXPECT_EQ(layout->schema->primary_key, std::vector<std::size_t>{0});
}

TEST(TableLayout, KnownColumnOfAnotherTypeAddsNothing) {
  const TableMap map = table_map({mapped_column("token", ColumnType::kString, 20)});
  const TableSchema known = known_table({known_column("token", "inet4")});

  const auto layout = make_table_layout(map, Flavor::kMariadb, &known);

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->columns[0].storage, Storage::kPaddedBinary);
}

TEST(TableLayout, FullMetadataWithoutKeyMeansNoKey) {
  TableSchema known = known_table({known_column("id", "int(11)")});
  known.primary_key = {0};
  const auto layout = make_table_layout(table_map({mapped_column("id", ColumnType::kLong)}),
                                        Flavor::kMariadb, &known);
  ASSERT_TRUE(layout);
  EXPECT_TRUE(layout->schema->primary_key.empty());
}

TEST(TableLayout, WithoutNamesTheKnownDefinitionServesIfItMatches) {
  const TableMap map =
      table_map({nameless(ColumnType::kLong, 0), nameless(ColumnType::kVarchar, 80),
                 nameless(ColumnType::kString, 16)});
  TableSchema known =
      known_table({known_column("id", "int(10) unsigned"),
                   known_column("name", "varchar(20)", kUtf8mb4), known_column("h", "binary(16)")});
  known.primary_key = {0};

  const auto layout = make_table_layout(map, Flavor::kMysql, &known);

  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->schema->columns[1].name, "name");
  EXPECT_EQ(layout->schema->database, "shop");
  EXPECT_TRUE(layout->columns[0].is_unsigned);
  EXPECT_EQ(layout->columns[1].storage, Storage::kUtf8Text);
  EXPECT_EQ(layout->columns[2].pad_to_bytes, 16U);
  EXPECT_EQ(layout->schema->primary_key, std::vector<std::size_t>{0});
}

TEST(TableLayout, BinaryColumnThatMayBeAUuidNeedsTheDefinitionOnMariadb) {
  const TableMap map = table_map({mapped_column("id", ColumnType::kString, 16)});

  const auto on_mariadb = make_table_layout(map, Flavor::kMariadb, nullptr);
  const auto on_mysql = make_table_layout(map, Flavor::kMysql, nullptr);

  ASSERT_FALSE(on_mariadb);
  EXPECT_EQ(on_mariadb.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(on_mariadb.error().message.find("column id"), std::string::npos);
  EXPECT_TRUE(on_mysql) << on_mysql.error().message;
}

TEST(TableLayout, ColumnInDoubtMayBeBinary) {
  const TableMap named = table_map({mapped_column("id", ColumnType::kString, 16)});
  TableMap nameless_map =
      table_map({nameless(ColumnType::kString, 30), nameless(ColumnType::kVarchar, 40)});
  const TableSchema known =
      known_table({known_column("c", "char(10)"), known_column("v", "varchar(10)")});

  const auto address =
      make_table_layout(named, Flavor::kMariadb, nullptr, DoubtfulColumns::kBinary);
  const auto refused = make_table_layout(nameless_map, Flavor::kMariadb, &known);
  const auto text =
      make_table_layout(nameless_map, Flavor::kMariadb, &known, DoubtfulColumns::kBinary);

  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->columns[0].storage, Storage::kPaddedBinary);
  EXPECT_TRUE(address->schema->columns[0].is_doubtful);
  EXPECT_FALSE(address->schema->unnamed);
  EXPECT_FALSE(refused);
  ASSERT_TRUE(text) << text.error().message;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(text->columns[i].is_binary);
    EXPECT_EQ(text->columns[i].pad_to_bytes, 0U);
    EXPECT_TRUE(text->schema->columns[i].is_doubtful);
  }
  EXPECT_EQ(text->schema->columns[1].name, "v");

  MappedColumn of_unknown_set = mapped_column("e", ColumnType::kEnum, 1);
  of_unknown_set.collation_id = 1029;
  of_unknown_set.labels = {"x"};
  const auto number = make_table_layout(table_map({of_unknown_set}), Flavor::kMysql, nullptr,
                                        DoubtfulColumns::kBinary);
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_TRUE(number->schema->columns[0].is_doubtful);
  EXPECT_TRUE(number->schema->columns[0].labels.empty());
}

TEST(TableLayout, LabelThatInformationSchemaMayHaveBentIsRefused) {
  const TableMap map = table_map({nameless(ColumnType::kEnum, 1)});
  TableSchema known = known_table({known_column("mood", "enum('ok','?')", kUtf8mb4)});
  known.columns[0].labels = {"ok", "?"};
  const auto as_stated = make_table_layout(map, Flavor::kMysql, &known);
  known.columns[0].labels_as_shown = true;

  const auto bent = make_table_layout(map, Flavor::kMysql, &known);
  known.columns[0].collation_id = kLatin1;
  const auto plain = make_table_layout(map, Flavor::kMysql, &known);

  EXPECT_TRUE(as_stated) << as_stated.error().message;
  ASSERT_FALSE(bent);
  EXPECT_EQ(bent.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(bent.error().message.find("binlog_row_metadata=FULL"), std::string::npos);
  EXPECT_TRUE(plain) << plain.error().message;
}

TEST(TableLayout, WithoutNamesNorKnownDefinitionItIsInvalidWithTheRemedy) {
  const auto layout =
      make_table_layout(table_map({nameless(ColumnType::kLong, 0)}), Flavor::kMysql, nullptr);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(layout.error().message.find("shop.orders"), std::string::npos);
  EXPECT_NE(layout.error().message.find("binlog_row_metadata=FULL"), std::string::npos);
}

TEST(TableLayout, MismatchIsInvalidAndNamesColumnAndBothTypes) {
  struct Case {
    std::string what;
    MappedColumn mapped;
    Column known;
    std::string says;
  };
  MappedColumn with_sign = nameless(ColumnType::kLong, 0);
  with_sign.is_unsigned = false;
  MappedColumn latin1 = nameless(ColumnType::kVarchar, 20);
  latin1.collation_id = kLatin1;
  const std::vector<Case> cases{
      {"type", nameless(ColumnType::kLongLong, 0), known_column("c", "int(11)"), "int(11)"},
      {"length", nameless(ColumnType::kVarchar, 84), known_column("c", "varchar(20)", kUtf8mb4),
       "metadata 84"},
      {"sign", with_sign, known_column("c", "int(10) unsigned"), "signed"},
      {"charset", latin1, known_column("c", "varbinary(20)"), "collation 8"},
      {"no type", nameless(ColumnType::kLong, 0), known_column("c", ""), "not known"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const TableSchema known = known_table({c.known});
    const auto layout = make_table_layout(table_map({c.mapped}), Flavor::kMysql, &known);
    ASSERT_FALSE(layout);
    EXPECT_EQ(layout.error().code, base::ErrorCode::kInvalid);
    EXPECT_NE(layout.error().message.find("column c"), std::string::npos);
    EXPECT_NE(layout.error().message.find(c.says), std::string::npos) << layout.error().message;
  }
}

TEST(TableLayout, AnotherNumberOfColumnsIsInvalid) {
  const TableSchema known = known_table({known_column("a", "int"), known_column("b", "int")});
  const auto layout =
      make_table_layout(table_map({nameless(ColumnType::kLong, 0)}), Flavor::kMysql, &known);
  ASSERT_FALSE(layout);
  EXPECT_NE(layout.error().message.find("1 columns, the known definition 2"), std::string::npos);
}

TEST(TableLayout, YearIsUnsignedInTheMapAndPlainInTheDefinition) {
  MappedColumn year = nameless(ColumnType::kYear, 0);
  year.is_unsigned = true;
  const TableSchema known = known_table({known_column("y", "year(4)")});
  EXPECT_TRUE(make_table_layout(table_map({year}), Flavor::kMariadb, &known));
}

TEST(TableLayout, UnknownCollationIsUnsupported) {
  const auto layout = make_table_layout(
      table_map({mapped_column("c", ColumnType::kVarchar, 20, 60000)}), Flavor::kMysql, nullptr);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(layout.error().message.find("60000"), std::string::npos);
}

TEST(TableLayout, ImpossibleMetadataAreCorrupt) {
  for (const MappedColumn& column :
       {mapped_column("c", ColumnType::kNewDecimal, 0x0506),
        mapped_column("c", ColumnType::kBit, 8), mapped_column("c", ColumnType::kTime2, 7),
        mapped_column("c", ColumnType::kBlob, 5), mapped_column("c", ColumnType::kEnum, 3),
        mapped_column("c", ColumnType::kSet, 5), mapped_column("c", ColumnType::kJson, 0)}) {
    const auto layout = make_table_layout(table_map({column}), Flavor::kMysql, nullptr);
    ASSERT_FALSE(layout) << describe(column);
    EXPECT_EQ(layout.error().code, base::ErrorCode::kCorrupt);
  }
}

TEST(TableLayout, PrimaryKeyBeyondTheColumnsIsCorrupt) {
  TableMap map = table_map({mapped_column("id", ColumnType::kLong)});
  map.primary_key = {1};
  const auto layout = make_table_layout(map, Flavor::kMysql, nullptr);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, base::ErrorCode::kCorrupt);
}

TEST(TableLayout, SomeNamesOfManyAreCorrupt) {
  const auto layout = make_table_layout(
      table_map({mapped_column("id", ColumnType::kLong), nameless(ColumnType::kLong, 0)}),
      Flavor::kMysql, nullptr);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, base::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pikachu::binlog
