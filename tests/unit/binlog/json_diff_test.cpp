#include "binlog/json_diff.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using test::from_hex;
using Stored = std::vector<std::uint8_t>;

// Hand-assembled from json_binary.h's description of the format.
const Stored kObject = from_hex(  // {"a": 1, "b": [10, 20]}
    "00 0200 1e00 1200 0100 1300 0100 05 0100 02 1400 61 62 0200 0a00 05 0a00 05 1400");
const Stored kArray = from_hex("02 0300 0d00 05 0100 05 0200 05 0300");  // [1, 2, 3]
const Stored kSeven = from_hex("05 0700");

/// The changes of one value, as PARTIAL_UPDATE_ROWS has them.
class Changes {
 public:
  Changes& replace(std::string_view path, const Stored& value) { return add(0, path, &value); }
  Changes& insert(std::string_view path, const Stored& value) { return add(1, path, &value); }
  Changes& remove(std::string_view path) { return add(2, path, nullptr); }
  const Stored& bytes() const { return bytes_; }

 private:
  Changes& add(std::uint8_t operation, std::string_view path, const Stored* value) {
    bytes_.push_back(operation);
    bytes_.push_back(static_cast<std::uint8_t>(path.size()));
    bytes_.insert(bytes_.end(), path.begin(), path.end());
    if (value == nullptr) return *this;
    bytes_.push_back(static_cast<std::uint8_t>(value->size()));
    bytes_.insert(bytes_.end(), value->begin(), value->end());
    return *this;
  }
  Stored bytes_;
};

std::string changed(const Stored& before, const Changes& changes) {
  std::string text;
  const auto appended = append_changed_json_text(before, changes.bytes(), text);
  return appended ? text : "error: " + appended.error().message;
}

TEST(ChangedJson, IsWhatTheChangesMakeOfIt) {
  struct Case {
    Stored before;
    Changes changes;
    std::string text;
  };
  const std::vector<Case> cases{
      {kObject, Changes(), R"({"a": 1, "b": [10, 20]})"},
      {kObject, Changes().replace("$.a", kSeven), R"({"a": 7, "b": [10, 20]})"},
      {kObject, Changes().replace("$.b[1]", kArray), R"({"a": 1, "b": [10, [1, 2, 3]]})"},
      {kObject, Changes().insert("$.aa", kSeven), R"({"a": 1, "b": [10, 20], "aa": 7})"},
      {kObject, Changes().insert("$.A", kSeven), R"({"A": 7, "a": 1, "b": [10, 20]})"},
      {kObject, Changes().insert("$.b[9]", kSeven), R"({"a": 1, "b": [10, 20, 7]})"},
      {kObject, Changes().insert("$.b[1]", kSeven), R"({"a": 1, "b": [10, 7, 20]})"},
      {kObject, Changes().insert("$.b[last]", kSeven), R"({"a": 1, "b": [10, 7, 20]})"},
      {kObject, Changes().insert("$.b[last-5]", kSeven), R"({"a": 1, "b": [7, 10, 20]})"},
      {kObject, Changes().remove("$.b[0]"), R"({"a": 1, "b": [20]})"},
      {kObject, Changes().remove("$.b[last-1]"), R"({"a": 1, "b": [20]})"},
      {kObject, Changes().remove("$.b"), R"({"a": 1})"},
      {kObject, Changes().remove("$.b").remove("$.a"), "{}"},
      {kObject, Changes().remove("$.b").insert("$.b", kSeven), R"({"a": 1, "b": 7})"},
      {kObject, Changes().replace("$.a", kObject).remove("$.a.b").insert("$.a.c", kSeven),
       R"({"a": {"a": 1, "c": 7}, "b": [10, 20]})"},
      {kArray, Changes().remove("$[0]").remove("$[0]").insert("$[5]", kSeven), "[3, 7]"},
      {kArray, Changes().replace("$", kSeven), "7"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(changed(c.before, c.changes), c.text);
  }
}

TEST(ChangedJson, PathsNameMembersByQuotedTextToo) {
  struct Case {
    std::string path;
    std::string text;
  };
  for (const Case& c :
       {Case{R"($."x.y")", R"({"a": 1, "b": [10, 20], "x.y": 7})"},
        {R"($."q\"\\\t")", R"({"a": 1, "b": [10, 20], "q\"\\\t": 7})"},
        {R"($."\u0001\u00e9\u20ac")", "{\"a\": 1, \"b\": [10, 20], \"\\u0001\u00e9\u20ac\": 7}"},
        {R"($."")", R"({"": 7, "a": 1, "b": [10, 20]})"},
        {"$.\u00e9", "{\"a\": 1, \"b\": [10, 20], \"\u00e9\": 7}"}}) {
    SCOPED_TRACE(c.path);
    EXPECT_EQ(changed(kObject, Changes().insert(c.path, kSeven)), c.text);
  }
}

TEST(ChangedJson, ChangesThatFitNothingAreCorrupt) {
  const std::vector<Changes> impossible{
      Changes().replace("$.c", kSeven),     // no such member
      Changes().replace("$[0]", kSeven),    // not an array
      Changes().replace("$.a[0]", kSeven),  // a scalar is no array of one here
      Changes().replace("$.b.a", kSeven),   // not an object
      Changes().replace("$.b[2]", kSeven),  // beyond the end
      Changes().remove("$.b[2]"),          Changes().remove("$"),
      Changes().insert("$", kSeven),       Changes().insert("$.a", kSeven),  // there already
      Changes().insert("$.c.d", kSeven),   Changes().remove("$.a.b"),
  };
  for (std::size_t i = 0; i < impossible.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_TRUE(changed(kObject, impossible[i]).starts_with("error: JSON value of 31 bytes: "))
        << changed(kObject, impossible[i]);
  }
}

TEST(ChangedJson, PathsThatAreNoneAreCorrupt) {
  for (const std::string path :
       {"", "a", "$.", "$.a[", "$.b[x]", "$.b[*]", "$.*", "$**.a", "$.b[0 to 1]", "$.b[-1]",
        "$.\"a", R"($."\x")", R"($."\u12")", R"($."\ud800")", "$.b[99999999999999999999]",
        "$.b[last-]", "$.b]"}) {
    SCOPED_TRACE(path);
    EXPECT_TRUE(changed(kObject, Changes().replace(path, kSeven)).starts_with("error: "));
  }
}

TEST(ChangedJson, TruncatedChangesAreCorrupt) {
  const auto changes = Changes().replace("$.a", kArray).bytes();
  std::string text;
  for (std::size_t size = 1; size < changes.size(); ++size) {
    SCOPED_TRACE(size);
    const auto appended = append_changed_json_text(kObject, Bytes(changes).first(size), text);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, base::ErrorCode::kCorrupt);
  }
  const Stored unknown_operation{3, 1, '$'};
  EXPECT_FALSE(append_changed_json_text(kObject, unknown_operation, text));
}

// An array whose twenty elements all stand at offset 0: itself, for ever.
TEST(ChangedJson, ContainersThatOverlapAreCorrupt) {
  Stored endless = from_hex("02 1400 4000");
  std::string path = "$";
  for (int i = 0; i < 20; ++i) {
    endless.insert(endless.end(), {0x02, 0, 0});
    path += "[0]";
  }

  const std::string text = changed(endless, Changes().replace(path, kSeven).replace("$", kSeven));

  EXPECT_EQ(text, "error: JSON value of 65 bytes: its parts overlap");
}

}  // namespace
}  // namespace pikachu::binlog
