#include "app/version.h"

namespace pikachu::app {

std::string_view version() {
  return PIKACHU_VERSION;
}

}  // namespace pikachu::app
