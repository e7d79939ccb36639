#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "pipeline/store.h"
#include "store/letter_table.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// Sets dead letters aside in a state file from beside the service, which may run or not.
///
/// Threads: all methods from any thread. Spec: docs/formats/state-file.md.
class LettersBeside final : public pipeline::DeadLetters {
 public:
  /// Errors: as StateView::open.
  static base::Result<std::unique_ptr<LettersBeside>> open(const std::string& dir);

  base::Result<void> add(const pipeline::DeadLetter& letter) override;
  base::Result<std::uint64_t> count(std::string_view task_id) override;

 private:
  LettersBeside(std::unique_ptr<Connection> connection, LetterTable letters);

  std::mutex mutex_;
  // Guarded by mutex_:
  const std::unique_ptr<Connection> connection_;
  LetterTable letters_;
};

}  // namespace pikachu::store
