#include "decode/decode_options.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::decode {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

DecodeOptions options_of(const Settings& settings) {
  DecodeOptions options;
  for (const auto& [name, value] : settings) {
    const auto set = syntax().set(options, name, value);
    EXPECT_TRUE(set) << set.error().message;
  }
  return options;
}

std::string refusal(const std::string& name, const std::string& value) {
  DecodeOptions options;
  const auto set = syntax().set(options, name, value);
  return set ? "(not refused)" : set.error().message;
}

TEST(DecodeOptions, EveryOptionIsSet) {
  const DecodeOptions options = options_of({{"format", "events"},
                                            {"from", "file:b.000001:4"},
                                            {"to", "2024-02-29 12:00:00"},
                                            {"schema", "tables.sql"},
                                            {"spill-dir", "/var/tmp"},
                                            {"stats", ""}});

  EXPECT_EQ(options.format, DecodeOptions::Format::kEvents);
  EXPECT_EQ(options.from, Place(source::AtFile{"b.000001", 4}));
  EXPECT_EQ(options.to, Place(source::AtTime{1'709'208'000}));
  EXPECT_EQ(options.schema_file, "tables.sql");
  EXPECT_EQ(options.spill_dir, "/var/tmp");
  EXPECT_TRUE(options.stats);
}

TEST(DecodeOptions, TablesAreThoseOfAnyPatternAndAllWithoutOne) {
  const DecodeOptions some = options_of({{"table", "users"}, {"table", "shop.order_*"}});

  EXPECT_TRUE(some.wants_table("any", "users"));
  EXPECT_TRUE(some.wants_table("shop", "order_7"));
  EXPECT_FALSE(some.wants_table("other", "order_7"));
  EXPECT_TRUE(DecodeOptions().wants_table("any", "thing"));
}

TEST(DecodeOptions, WrongValuesAreRefusedWithTheOption) {
  EXPECT_EQ(refusal("format", "json"), "-format: \"json\" is neither rows nor events");
  EXPECT_EQ(refusal("schema", ""), "-schema: its value is empty");
  EXPECT_TRUE(refusal("from", "never").starts_with("-from: \"never\" is no place in a binlog"));
  EXPECT_TRUE(refusal("to", "file:x").starts_with("-to: \"x\" is not a file's name"));
  EXPECT_TRUE(refusal("table", "a.b.c").starts_with("-table: table pattern \"a.b.c\" has more"));
}

TEST(DecodeOptions, TogetherTheyNeedFilesThatFit) {
  DecodeOptions options;
  EXPECT_NE(check(options).error().message.find("needs a binlog file"), std::string::npos);

  options.files = {"-", "-"};
  EXPECT_EQ(check(options).error().message, "standard input (-) can be read only once");

  options.files = {"/data/b.000001.zst"};
  options.to = source::AtFile{"b.000002", 4};
  EXPECT_EQ(check(options).error().message, "-to: the file \"b.000002\" is none of those given");

  options.files.emplace_back("b.000002");
  EXPECT_TRUE(check(options));
}

TEST(DecodeOptions, LowerBoundBehindTheUpperOneIsRefused) {
  const auto refusal_of = [](const Place& from, const Place& to) {
    DecodeOptions options;
    options.files = {"b.000009", "b.000010"};
    options.from = from;
    options.to = to;
    const auto checked = check(options);
    return checked ? std::string() : checked.error().message;
  };
  const std::string end = ", so nothing lies between";
  const source::AtTime early{1'709'208'000};
  const source::AtTime late{1'709'208'001};

  EXPECT_EQ(refusal_of(late, early),
            "-from: 2024-02-29T12:00:01Z is behind -to, 2024-02-29T12:00:00Z" + end);
  EXPECT_EQ(refusal_of(source::AtFile{"b.000010", 4}, source::AtFile{"b.000009", 500}),
            "-from: b.000010:4 is behind -to, b.000009:500" + end);
  EXPECT_EQ(refusal_of(source::AtFile{"b.000009", 500}, source::AtFile{"b.000009", 499}),
            "-from: b.000009:500 is behind -to, b.000009:499" + end);
  EXPECT_EQ(refusal_of(AtTransaction{"0-1-10"}, AtTransaction{"0-1-9"}),
            "-from: 0-1-10 is behind -to, 0-1-9" + end);

  // Nothing is behind itself, and these cannot be compared.
  EXPECT_EQ(refusal_of(early, early), "");
  EXPECT_EQ(refusal_of(early, late), "");
  EXPECT_EQ(refusal_of(late, source::AtFile{"b.000009", 4}), "");
  EXPECT_EQ(refusal_of(source::AtFile{"b.000009", 500}, source::AtFile{"b.000010", 4}), "");
  EXPECT_EQ(refusal_of(AtTransaction{"0-1-9"}, AtTransaction{"0-1-10"}), "");
  EXPECT_EQ(refusal_of(AtTransaction{"0-2-10"}, AtTransaction{"0-1-9"}), "");
  EXPECT_EQ(refusal_of(AtTransaction{"1-1-10"}, AtTransaction{"0-1-9"}), "");
  // A replica may apply these in any order.
  EXPECT_EQ(refusal_of(AtTransaction{"3e11fa47-71ca-11e1-9e33-c80aa9429562:8"},
                       AtTransaction{"3e11fa47-71ca-11e1-9e33-c80aa9429562:7"}),
            "");
}

TEST(DecodeOptions, BinlogNameIsThePathWithoutDirectoriesAndCompression) {
  EXPECT_EQ(binlog_name("/data/mysql-bin.000042"), "mysql-bin.000042");
  EXPECT_EQ(binlog_name("b.000001.zst"), "b.000001");
  EXPECT_EQ(binlog_name("x/b.000001.gz"), "b.000001");
  EXPECT_EQ(binlog_name("-"), "stdin");
}

}  // namespace
}  // namespace pikachu::decode
