#include "sink/webhook/curl_library.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

/// What is said where `file` is no libcurl; "" if it is one.
std::string complaint_about(const char* file) {
  try {
    const CurlLibrary library(file);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(CurlLibrary, TwoCanExistAndEitherServes) {
  const CurlLibrary first;
  const CurlLibrary second;

  EXPECT_STREQ(first.functions().easy_strerror(CURLE_OK), "No error");
  EXPECT_EQ(first.functions().easy_strerror, second.functions().easy_strerror);
}

TEST(CurlLibrary, OneThatIsNotThereIsNamedWithThePackageThatHasIt) {
  const auto complaint = complaint_about("libcurl-not-there.so.4");

  EXPECT_NE(complaint.find("libcurl-not-there.so.4"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("libcurl4"), std::string::npos) << complaint;
}

TEST(CurlLibrary, LibraryWithoutItsFunctionsIsRefused) {
  const auto complaint = complaint_about("libc.so.6");

  EXPECT_NE(complaint.find("libc.so.6"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("curl_global_init"), std::string::npos) << complaint;
}

}  // namespace
}  // namespace pikachu::sink::webhook
