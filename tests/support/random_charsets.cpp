// The columns in every character set.
#include <array>
#include <string_view>
#include <utility>

#include "tests/support/random_columns.h"

namespace pikachu::test {
namespace {

using Shown = RandomColumn::Shown;

// Where alphabets begin and end, and every how many code points one is tried.
struct Block {
  char32_t first = 0;
  char32_t last = 0;
  char32_t step = 1;
};
constexpr auto kBlocks = std::to_array<Block>({
    {0x20, 0x3e},          {0x40, 0x17f},        {0x192, 0x192},   {0x2c6, 0x2dd},
    {0x386, 0x3ce},        {0x401, 0x45f},       {0x490, 0x491},   {0x531, 0x587},
    {0x5b0, 0x5ea},        {0x60c, 0x652},       {0x679, 0x6d2},   {0xe01, 0xe5b},
    {0x10d0, 0x10f6},      {0x2013, 0x2044},     {0x20aa, 0x20ac}, {0x2100, 0x2128},
    {0x2190, 0x2193},      {0x2202, 0x2265},     {0x2500, 0x25ef}, {0x3001, 0x30fe},
    {0x4e00, 0x9fa5, 11},  {0xac00, 0xd7a3, 17}, {0xff01, 0xffe6}, {0x1f600, 0x1f640},
    {0x20000, 0x20040, 4},
});

std::vector<char32_t> candidates() {
  std::vector<char32_t> all;
  for (const Block& block : kBlocks) {
    for (char32_t c = block.first; c <= block.last; c += block.step) all.push_back(c);
  }
  return all;
}

std::vector<char32_t> code_points(std::string_view utf8) {
  std::vector<char32_t> result;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t point = size == 1 ? lead : lead & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size && at + i < utf8.size(); ++i) {
      point = point << 6U | (static_cast<unsigned char>(utf8[at + i]) & 0x3fU);
    }
    result.push_back(point);
    at += size;
  }
  return result;
}

std::string utf8_literal(const std::string& utf8) {
  if (utf8.empty()) return "''";
  return "CONVERT(" + hex_literal(utf8) + " USING utf8mb4)";
}

}  // namespace

base::Result<std::vector<RandomCharset>> read_charsets(ServerProcess& server) {
  const auto names = server.query(
      "SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS "
      "WHERE CHARACTER_SET_NAME NOT IN ('binary') ORDER BY 1");
  if (!names) return tl::unexpected(names.error());
  const std::vector<char32_t> tried = candidates();
  std::string all;
  for (const char32_t c : tried) append_utf8(c, all);
  std::vector<RandomCharset> charsets;
  for (const auto& row : *names) {
    RandomCharset charset{row[0].value_or(""), std::stoul(row[1].value_or("1")), {}};
    // What comes back as it went is in the set; the rest comes back as "?".
    const auto back = server.query("SELECT CONVERT(CONVERT(" + utf8_literal(all) + " USING " +
                                   charset.name + ") USING utf8mb4)");
    if (!back) return tl::unexpected(back.error());
    const std::vector<char32_t> points = code_points(back->front().front().value_or(""));
    for (std::size_t i = 0; i < points.size() && i < tried.size(); ++i) {
      if (points[i] == tried[i]) charset.characters.push_back(tried[i]);
    }
    charsets.push_back(std::move(charset));
  }
  return charsets;
}

std::vector<RandomColumn> charset_columns(std::span<const RandomCharset> charsets,
                                          RandomValues& random) {
  constexpr std::size_t kMost = 12;
  std::vector<RandomColumn> columns;
  for (const RandomCharset& charset : charsets) {
    const auto add = [&](const std::string& prefix, const std::string& type,
                         RandomColumn::Expression value) {
      columns.push_back(RandomColumn{prefix + charset.name,
                                     type + " CHARACTER SET " + charset.name,
                                     Shown::kText,
                                     std::move(value),
                                     {}});
    };
    const auto text = [pool = charset.characters](RandomValues& r) {
      return utf8_literal(r.text(pool, r.below(kMost + 1)));
    };
    add("c_", "CHAR(12)", text);
    add("v_", "VARCHAR(12)", text);
    add("t_", "TEXT", text);
    // Bytes that are checked by nobody but the conversion: NULL, or cut, where they are no text.
    // MySQL 5.6 takes what is beyond ascii for ascii; ucs2 has halves of utf16's characters.
    if (charset.name != "ascii" && charset.name != "ucs2") {
      add("raw_", "VARCHAR(12)", [name = charset.name, width = charset.bytes_max](RandomValues& r) {
        return "CONVERT(" + hex_literal(r.bytes(width * (1 + r.below(3)))) + " USING " + name + ")";
      });
    }
    // One label that is likely not ASCII. Collations may take others for the same.
    std::vector<char32_t> letters;
    for (const char32_t c : charset.characters) {
      if (c >= 0xc0 && c < 0x10000) letters.push_back(c);
    }
    if (letters.empty()) letters = {U'A'};
    const std::string label = random.text({random.pick(letters)}, 1);
    add("e_", "ENUM('" + label + "','0','')",
        [](RandomValues& r) { return std::to_string(r.below(4)); });
  }
  return columns;
}

}  // namespace pikachu::test
