#pragma once

#include <string>
#include <string_view>

namespace pikachu::decode {

/// Whether each file of a sequence is the one that the file before it led to.
///
/// Threads: one owner.
class FileOrder {
 public:
  /// A file begins. Returns what is wrong with its place, for people; "" if nothing is, or it can't
  /// be known: the first file, standard input, names without numbers.
  std::string enter(std::string_view name);

  /// The file that was entered last ends with a ROTATE to `next`.
  void rotate_to(std::string_view next) { next_ = next; }

 private:
  std::string last_;
  std::string next_;  ///< The file that belongs behind `last_`; "" if that is not known.
};

/// The name that a server gives the file behind `name`: "mysql-bin.000043"; "" for a name that does
/// not end in a number.
std::string successor(std::string_view name);

}  // namespace pikachu::decode
