#include "store/letters_beside.h"

#include <utility>

#include "store/state_file.h"

namespace pikachu::store {

base::Result<std::unique_ptr<LettersBeside>> LettersBeside::open(const std::string& dir) {
  auto opened = open_state_file_beside(dir, OpenMode::kWrite);
  if (!opened) return base::propagate(std::move(opened));
  auto connection = std::make_unique<Connection>(std::move(*opened));
  auto letters = LetterTable::open(*connection, {});
  if (!letters) return base::propagate(std::move(letters));
  return std::unique_ptr<LettersBeside>(
      new LettersBeside(std::move(connection), std::move(*letters)));
}

LettersBeside::LettersBeside(std::unique_ptr<Connection> connection, LetterTable letters)
    : connection_(std::move(connection)), letters_(std::move(letters)) {
}

base::Result<void> LettersBeside::add(const pipeline::DeadLetter& letter) {
  const std::lock_guard lock(mutex_);
  return letters_.add(letter);
}

base::Result<std::uint64_t> LettersBeside::count(std::string_view task_id) {
  const std::lock_guard lock(mutex_);
  return letters_.count(task_id);
}

}  // namespace pikachu::store
