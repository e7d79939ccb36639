#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace pikachu::config {

/// A place in one of the files that are read.
struct Mark {
  std::size_t file = 0;  ///< Index, as Report::add_file gave it.
  int line = 0;          ///< From 1; 0: the file as a whole.
  int column = 0;        ///< From 1.
};

/// Gathers what is wrong with a configuration, so that all of it is told at once.
class Report {
 public:
  /// The index for marks of this file. Files are reported in the order of these calls.
  std::size_t add_file(std::string name);

  /// `key` is the full path of a key, "tasks[0].timeout", or "" for a file; `what` says what is
  /// wrong with it, the limit, and the remedy.
  void error(const Mark& mark, std::string_view key, std::string_view what);
  void warning(const Mark& mark, std::string_view key, std::string_view what);

  bool has_errors() const { return has_errors_; }

  /// All findings, by file, line and column; those of one place in the order they were made.
  std::vector<Finding> findings() const;

 private:
  struct Entry {
    Mark mark;
    Finding finding;
  };

  void add(Finding::Severity severity, const Mark& mark, std::string_view key,
           std::string_view what);

  std::vector<std::string> files_;
  std::vector<Entry> entries_;
  bool has_errors_ = false;
};

/// `text` in double quotes, cut after 60 bytes, control characters shown as '?': for messages.
std::string in_quotes(std::string_view text);

}  // namespace pikachu::config
