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
  /// Lines that are written; those beyond are only counted.
  static constexpr std::uint64_t kMaxLines = 100;

  explicit Warnings(std::ostream& lines) : lines_(lines) {}

  void add(std::string_view where, std::string_view what);

  std::uint64_t count() const { return count_; }
  /// Says how many were left out, if any were.
  void finish() const;

 private:
  std::ostream& lines_;
  std::uint64_t count_ = 0;
};

}  // namespace pikachu::decode
