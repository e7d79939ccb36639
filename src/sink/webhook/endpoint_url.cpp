#include "sink/webhook/endpoint_url.h"

#include <initializer_list>
#include <memory>
#include <string_view>

#include <curl/curl.h>

namespace pikachu::sink::webhook {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
struct TextDeleter {
  void operator()(char* text) const noexcept { curl_free(text); }
};

}  // namespace

base::Result<std::string> printable_url(const std::string& url) {
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  const auto code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) {
    return base::fail(base::ErrorCode::kInvalid, std::string("not a URL (") +
                                                     curl_url_strerror(code) +
                                                     "); write it like https://example.org/hook");
  }
  for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY,
                          CURLUPART_FRAGMENT}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
    return base::fail(base::ErrorCode::kInvalid,
                      "not a complete URL; write it like https://example.org/hook");
  }
  const std::unique_ptr<char, TextDeleter> owned(text);
  std::string printable = text;
  if (!printable.starts_with("http://") && !printable.starts_with("https://")) {
    return base::fail(
        base::ErrorCode::kInvalid,
        "its scheme is neither http nor https; write it like https://example.org/hook");
  }
  return printable;
}

}  // namespace pikachu::sink::webhook
