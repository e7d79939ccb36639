#include "sink/webhook/endpoint_url.h"

#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

TEST(EndpointUrl, PrintsWithoutCredentialsQueryAndFragment) {
  EXPECT_EQ(printable_url("https://user:secret@example.org:8443/hook?token=secret#part").value(),
            "https://example.org:8443/hook");
  EXPECT_EQ(printable_url("http://example.org/").value(), "http://example.org/");
}

TEST(EndpointUrl, RefusesWhatIsNotAbsoluteHttp) {
  for (const auto* const url : {"", "/hook", "example.org/hook", "ftp://example.org/", "file:///x",
                                "http://", "http://exa mple.org/"}) {
    SCOPED_TRACE(url);
    const auto printed = printable_url(url);
    ASSERT_FALSE(printed);
    EXPECT_EQ(printed.error().code, base::ErrorCode::kInvalid);
  }
}

TEST(EndpointUrl, ErrorDoesNotRepeatTheUrl) {
  const auto printed = printable_url("ftp://user:secret@example.org/?token=secret");
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::sink::webhook
