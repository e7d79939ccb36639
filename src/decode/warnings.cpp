#include "decode/warnings.h"

#include <ostream>

namespace pikachu::decode {

void Warnings::add(std::string_view where, std::string_view what) {
  if (++count_ > kMaxLines) return;
  lines_ << "pikachu decode: warning: " << where << ": " << what << '\n' << std::flush;
}

void Warnings::finish() const {
  if (count_ <= kMaxLines) return;
  lines_ << "pikachu decode: warning: " << count_ - kMaxLines << " more warnings were left out\n";
}

}  // namespace pikachu::decode
