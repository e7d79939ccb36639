#include "source/savepoints.h"

#include <algorithm>
#include <utility>

namespace pikachu::source {

namespace {

using base::ErrorCode;

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// Takes a code point off the front. Servers take none above U+FFFF in a name; what is malformed
// counts as a letter.
char32_t take_code_point(std::string_view& text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0U) == 0x80; };
  char32_t code_point = at(0);
  std::size_t size = 1;
  if (code_point >= 0xE0 && code_point < 0xF0 && follows(1) && follows(2)) {
    code_point = (code_point & 0x0FU) << 12U | (at(1) & 0x3FU) << 6U | (at(2) & 0x3FU);
    size = 3;
  } else if (code_point >= 0xC0 && code_point < 0xE0 && follows(1)) {
    code_point = (code_point & 0x1FU) << 6U | (at(1) & 0x3FU);
    size = 2;
  }
  text.remove_prefix(size);
  return code_point;
}

// Whether there may be other characters that are equal to this one. Neither collation has any for
// ASCII other than letters, for CJK, Hangul and what else lies between these ranges. (Observed:
// WEIGHT_STRING of each code point on MySQL 5.6.24, 9.7.4, MariaDB 10.11.18 and 11.8.9.)
bool has_variants(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  return c < 0x0600 || (c >= 0x1000 && c < 0x2F00) || (c >= 0xA600 && c < 0xAC00) || c >= 0xFF00;
}

bool may_be_equal(std::string_view name, std::string_view other) {
  while (!name.empty() && !other.empty()) {
    const auto a = take_code_point(name);
    const auto b = take_code_point(other);
    if (a == b) continue;
    if ((a < 0x80 && b < 0x80) || !has_variants(a) || !has_variants(b)) return false;
  }
  return name.empty() && other.empty();
}

}  // namespace

void Savepoints::set(std::string name, Place place) {
  const auto [known, is_new] = index_.emplace(name, savepoints_.size());
  if (is_new) {
    if (!is_ascii(name)) ++beyond_ascii_;
  } else {
    auto& before = savepoints_[known->second];
    before.is_replaced = true;
    before.name.clear();
    known->second = savepoints_.size();
  }
  savepoints_.push_back({std::move(name), place});
}

void Savepoints::cut(std::size_t first) {
  for (; savepoints_.size() > first; savepoints_.pop_back()) {
    const auto& last = savepoints_.back();
    if (last.is_replaced) continue;
    if (!is_ascii(last.name)) --beyond_ascii_;
    index_.erase(last.name);
  }
}

void Savepoints::release(std::string_view name) {
  if (const auto known = index_.find(name); known != index_.end()) cut(known->second);
}

bool Savepoints::may_be(const Savepoint& savepoint, std::string_view name) const {
  return !savepoint.is_replaced && may_be_equal(savepoint.name, name);
}

base::Result<Savepoints::Place> Savepoints::roll_back_to(std::string_view name) {
  const auto known = index_.find(name);
  const bool is_known = known != index_.end();
  auto found = is_known ? known->second : savepoints_.size();
  if (beyond_ascii_ > 0 || !is_ascii(name)) {
    // Later ones may have replaced it; if there is none, any that may be equal may be it.
    const auto first = is_known ? known->second : 0;
    found = savepoints_.size();
    for (auto i = savepoints_.size(); i-- > first;) {
      if (!may_be(savepoints_[i], name)) continue;
      if (found == savepoints_.size()) found = i;
      if (savepoints_[i].place == savepoints_[found].place) continue;
      return base::fail(ErrorCode::kUnsupported,
                        "ROLLBACK TO `" + std::string(name) + "` may mean savepoint `" +
                            savepoints_[found].name + "` or `" + savepoints_[i].name +
                            "`, because servers differ in which of these names are equal");
    }
  }
  if (found == savepoints_.size()) {
    return base::fail(ErrorCode::kCorrupt, "ROLLBACK TO `" + std::string(name) +
                                               "` stands in a transaction that has no such "
                                               "savepoint");
  }
  cut(found + 1);
  return savepoints_[found].place;
}

void Savepoints::clear() {
  savepoints_.clear();
  index_.clear();
  beyond_ascii_ = 0;
}

}  // namespace pikachu::source
