#include "binlog/scratch_arena.h"

#include <algorithm>
#include <cstring>

namespace pikachu::binlog {

std::string_view ScratchArena::copy(std::string_view text) {
  if (text.empty()) return {};
  std::memcpy(reserve(text.size()), text.data(), text.size());
  return commit(text.size());
}

void ScratchArena::add_room(std::size_t size) {
  // A kept chunk that is too small is passed over: it serves again after the next reset.
  while (used_chunks_ < chunks_.size() && chunks_[used_chunks_].size < size) ++used_chunks_;
  if (used_chunks_ == chunks_.size()) {
    const std::size_t chunk_size = std::max(size, kChunkBytes);
    // Not make_unique, which would clear every byte first.
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): the same.
    chunks_.push_back({std::unique_ptr<char[]>(new char[chunk_size]), chunk_size});
  }
  next_ = chunks_[used_chunks_].bytes.get();
  left_ = chunks_[used_chunks_].size;
  ++used_chunks_;
}

void ScratchArena::rewind() {
  std::size_t kept_bytes = 0;
  std::erase_if(chunks_, [&kept_bytes](const Chunk& chunk) {
    if (kept_bytes + chunk.size > kKeptBytes) return true;
    kept_bytes += chunk.size;
    return false;
  });
  used_chunks_ = 0;
  next_ = nullptr;
  left_ = 0;
}

}  // namespace pikachu::binlog
