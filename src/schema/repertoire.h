#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "binlog/charset.h"

namespace pikachu::schema {

/// Which characters the character sets have.
///
/// Threads: one owner. A set's characters are found out when they are first asked for, and kept.
class Repertoires {
 public:
  /// Puts '?' for each character of labels in UTF-8 that `charset` does not have, as servers do
  /// when they keep the labels of an ENUM or SET (observed on MySQL 5.6 and 9.7, MariaDB 10.11 and
  /// 11.8).
  void limit(std::vector<std::string>& labels, binlog::Charset charset);

 private:
  using Characters = std::set<std::string, std::less<>>;

  const Characters& of(binlog::Charset charset);

  std::map<binlog::Charset, Characters> known_;
};

/// Whether labels stay what they are when CONVERT TO CHARACTER SET gives their column another
/// collation. All of those servers keep the labels' bytes and read them in the new character set:
/// what was not ASCII means something else then.
bool keeps_labels(const std::vector<std::string>& labels, std::uint32_t before,
                  std::uint32_t after);

}  // namespace pikachu::schema
