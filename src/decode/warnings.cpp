#include "decode/warnings.h"

#include <ostream>

namespace pikachu::decode {

void Warnings::add(std::string_view where, std::string_view what) {
  ++count_;
  lines_ << "pikachu decode: warning: " << where << ": " << what << '\n' << std::flush;
}

void Warnings::add_frequent(std::string_view where, std::string_view what) {
  if (++frequent_ <= kMaxFrequent) return add(where, what);
  ++count_;
}

void Warnings::finish() const {
  if (frequent_ <= kMaxFrequent) return;
  lines_ << "pikachu decode: warning: " << frequent_ - kMaxFrequent
         << " more warnings about statements and tables were left out\n";
}

}  // namespace pikachu::decode
