#pragma once

#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace pikachu::decode {

/// What a person should know of though decoding goes on: one line each, counted.
///
///     pikachu decode: warning: mysql-bin.000042:1234: …
///
/// Threads: one owner.
class Warnings {
 public:
  /// Lines that add_frequent() writes; those beyond are only counted.
  static constexpr std::uint64_t kMaxFrequent = 100;

  explicit Warnings(std::ostream& lines) : lines_(lines) {}

  void add(std::string_view where, std::string_view what);
  /// As add(), of what may come with any statement or table.
  void add_frequent(std::string_view where, std::string_view what);

  std::uint64_t count() const { return count_; }
  /// At the end: says how many were left out, if any were.
  void finish() const;

 private:
  std::ostream& lines_;
  std::uint64_t count_ = 0;
  std::uint64_t frequent_ = 0;
};

}  // namespace pikachu::decode
