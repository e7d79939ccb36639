#include "change/position.h"

namespace pikachu::change {

std::string to_string(const Position& position) {
  std::string out;
  if (!position.file.empty()) {
    out.append(position.file).append(":").append(std::to_string(position.offset));
  }
  if (!position.gtids.empty()) {
    if (out.empty()) return "gtid " + position.gtids.to_string();
    out.append(" (gtid ").append(position.gtids.to_string()).append(")");
  }
  return out.empty() ? "no position" : out;
}

}  // namespace pikachu::change
