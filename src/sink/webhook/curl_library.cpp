#include "sink/webhook/curl_library.h"

#include <stdexcept>
#include <string>

#include <dlfcn.h>

namespace pikachu::sink::webhook {
namespace {

[[noreturn]] void complain() {
  throw std::runtime_error(std::string("libcurl cannot be loaded (") + ::dlerror() +
                           "); install libcurl 7.88 or later: on Debian, the package libcurl4");
}

/// A library, by its file.
class Library {
 public:
  /// RTLD_NOW: what is missing is missed here, not in the middle of a request.
  explicit Library(const char* file) : handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) complain();
  }

  template <typename Function>
  void find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    if (function == nullptr) complain();
  }

 private:
  void* const handle_;  ///< Never closed.
};

CurlFunctions load(const char* file) {
  const Library library(file);
  CurlFunctions found;
  library.find("curl_global_init", found.global_init);
  library.find("curl_global_cleanup", found.global_cleanup);
  library.find("curl_free", found.free);
  library.find("curl_easy_init", found.easy_init);
  library.find("curl_easy_cleanup", found.easy_cleanup);
  library.find("curl_easy_setopt", found.easy_setopt);
  library.find("curl_easy_getinfo", found.easy_getinfo);
  library.find("curl_easy_strerror", found.easy_strerror);
  library.find("curl_multi_init", found.multi_init);
  library.find("curl_multi_cleanup", found.multi_cleanup);
  library.find("curl_multi_setopt", found.multi_setopt);
  library.find("curl_multi_add_handle", found.multi_add_handle);
  library.find("curl_multi_remove_handle", found.multi_remove_handle);
  library.find("curl_multi_socket_action", found.multi_socket_action);
  library.find("curl_multi_info_read", found.multi_info_read);
  library.find("curl_url", found.url);
  library.find("curl_url_cleanup", found.url_cleanup);
  library.find("curl_url_get", found.url_get);
  library.find("curl_url_set", found.url_set);
  library.find("curl_url_strerror", found.url_strerror);
  return found;
}

}  // namespace

CurlLibrary::CurlLibrary(const char* file) : functions_(load(file)) {
  const auto code = functions_.global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    throw std::runtime_error(std::string("libcurl does not start: ") +
                             functions_.easy_strerror(code));
  }
}

CurlLibrary::~CurlLibrary() {
  functions_.global_cleanup();
}

}  // namespace pikachu::sink::webhook
