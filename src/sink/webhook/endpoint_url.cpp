#include "sink/webhook/endpoint_url.h"

#include <initializer_list>
#include <memory>
#include <string_view>

#include "sink/webhook/curl_library.h"

namespace pikachu::sink::webhook {
base::Result<std::string> printable_url(const CurlFunctions& curl, const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl.url(), curl.url_cleanup);
  const auto code = curl.url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) {
    return base::fail(base::ErrorCode::kInvalid, std::string("not a URL (") +
                                                     curl.url_strerror(code) +
                                                     "); write it like https://example.org/hook");
  }
  for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY,
                          CURLUPART_FRAGMENT}) {
    curl.url_set(parsed.get(), part, nullptr, 0);
  }
  char* text = nullptr;
  if (curl.url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
    return base::fail(base::ErrorCode::kInvalid,
                      "not a complete URL; write it like https://example.org/hook");
  }
  const std::unique_ptr<char, void (*)(void*)> owned(text, curl.free);
  std::string printable = text;
  if (!printable.starts_with("http://") && !printable.starts_with("https://")) {
    return base::fail(
        base::ErrorCode::kInvalid,
        "its scheme is neither http nor https; write it like https://example.org/hook");
  }
  return printable;
}

}  // namespace pikachu::sink::webhook
