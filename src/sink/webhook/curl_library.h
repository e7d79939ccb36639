#pragma once

#include <curl/curl.h>

namespace pikachu::sink::webhook {

/// The functions of libcurl that are used, without the "curl_" of their names.
struct CurlFunctions {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_global_cleanup) global_cleanup = nullptr;
  decltype(&::curl_free) free = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_setopt) multi_setopt = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_socket_action) multi_socket_action = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_url) url = nullptr;
  decltype(&::curl_url_cleanup) url_cleanup = nullptr;
  decltype(&::curl_url_get) url_get = nullptr;
  decltype(&::curl_url_set) url_set = nullptr;
  decltype(&::curl_url_strerror) url_strerror = nullptr;
};

/// libcurl, loaded when the first of these is made and not with the program: it takes two dozen
/// more libraries with it, for which commands that send nothing have no use (ADR 14). And libcurl's
/// global state, which must be there before anything else of it and after.
///
/// Counted: any number may exist. Once loaded, the library stays until the process ends.
///
/// Threads: made and destroyed by one thread at a time; functions() by any.
class CurlLibrary {
 public:
  /// By the name that its ABI has had since 2006; `file` is for tests.
  /// Throws std::runtime_error if it cannot be loaded (the message says what to install) or
  /// initialised.
  explicit CurlLibrary(const char* file = "libcurl.so.4");
  ~CurlLibrary();
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;

  /// All of them are there. Lifetime: as long as this.
  const CurlFunctions& functions() const { return functions_; }

 private:
  const CurlFunctions functions_;
};

}  // namespace pikachu::sink::webhook
