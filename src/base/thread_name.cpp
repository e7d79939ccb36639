#include "base/thread_name.h"

#include <string>

#include <pthread.h>

namespace pikachu::base {

void set_thread_name(std::string_view name) {
  ::pthread_setname_np(::pthread_self(), std::string(name.substr(0, 15)).c_str());
}

}  // namespace pikachu::base
