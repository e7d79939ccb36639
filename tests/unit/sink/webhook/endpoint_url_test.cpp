#include "sink/webhook/endpoint_url.h"

#include <gtest/gtest.h>

#include "sink/webhook/curl_library.h"

namespace pikachu::sink::webhook {
namespace {

base::Result<std::string> printable(const std::string& url) {
  const CurlLibrary curl;
  return printable_url(curl.functions(), url);
}

TEST(EndpointUrl, PrintsWithoutCredentialsQueryAndFragment) {
  EXPECT_EQ(printable("https://user:secret@example.org:8443/hook?token=secret#part").value(),
            "https://example.org:8443/hook");
  EXPECT_EQ(printable("http://example.org/").value(), "http://example.org/");
}

TEST(EndpointUrl, RefusesWhatIsNotAbsoluteHttp) {
  for (const auto* const url : {"", "/hook", "example.org/hook", "ftp://example.org/", "file:///x",
                                "http://", "http://exa mple.org/"}) {
    SCOPED_TRACE(url);
    const auto printed = printable(url);
    ASSERT_FALSE(printed);
    EXPECT_EQ(printed.error().code, base::ErrorCode::kInvalid);
  }
}

TEST(EndpointUrl, ErrorDoesNotRepeatTheUrl) {
  const auto printed = printable("ftp://user:secret@example.org/?token=secret");
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::sink::webhook
