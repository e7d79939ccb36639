#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/store.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// The table `dead_letters`, as the running service uses it.
///
/// Threads: one at a time. Lifetime: the connection outlives it, and does not move.
/// Spec: docs/formats/state-file.md.
class LetterTable {
 public:
  static base::Result<LetterTable> open(Connection& connection, std::vector<std::string> task_ids);

  // As pipeline::DeadLetters.
  base::Result<void> add(const pipeline::DeadLetter& letter);
  base::Result<std::uint64_t> count(std::string_view task_id);

  // As pipeline::MarkedLetters.
  base::Result<std::uint64_t> version();
  base::Result<std::uint32_t> rate();
  base::Result<std::vector<pipeline::MarkedLetter>> next_marked(std::size_t task,
                                                                pipeline::LetterPlace after,
                                                                std::size_t max_letters);
  base::Result<void> remove(std::int64_t letter);

 private:
  explicit LetterTable(Connection& connection) : connection_(&connection) {}

  Connection* connection_;
  std::vector<std::string> task_ids_;
  Statement add_;
  Statement count_;
  Statement version_;
  Statement next_marked_;
  Statement remove_;
};

}  // namespace pikachu::store
