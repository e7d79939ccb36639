#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace pikachu::base {

/// What the caller may do about an error. Nothing else decides whether something is tried again.
enum class ErrorCode : std::uint8_t {
  kUnavailable,  ///< May mend by itself: try again, later.
  kRejected,     ///< The other side refused this one thing: trying again will not help.
  kCorrupt,      ///< Bytes contradict themselves: stop, never skip.
  kUnsupported,  ///< Valid, but not handled by this version: stop and name it, never skip.
  kInvalid,      ///< The operator has to change something first: configuration, privileges, state.
  kCancelled,    ///< A stop was requested. Not a failure.
};

/// The code's name in lower case, for logs: "unavailable".
std::string_view to_string(ErrorCode code);

/// An error as a value. `message` is one sentence for a person: the value, the limit it broke, and
/// the next step. It carries no secret and no row value.
struct Error {
  ErrorCode code = ErrorCode::kCorrupt;
  std::string message;

  /// The same error with what was being done in front: "reading mysql-bin.000042: …".
  [[nodiscard]] Error with_context(std::string_view doing) && {
    message.insert(0, ": ").insert(0, doing);
    return std::move(*this);
  }
};

/// Either a value or an Error; the member names are those of std::expected (C++23).
template <typename T>
using Result = tl::expected<T, Error>;

/// Shorthand: `return fail(ErrorCode::kCorrupt, "event size 12 is below the 19-byte header");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Shorthand: hands the error of `result` on. REQUIRES: !result.
template <typename T>
tl::unexpected<Error> propagate(Result<T>&& result) {
  return tl::unexpected<Error>(std::move(result).error());
}

/// As above, with what was being done in front of the message.
template <typename T>
tl::unexpected<Error> propagate(Result<T>&& result, std::string_view doing) {
  return tl::unexpected<Error>(std::move(result.error()).with_context(doing));
}

}  // namespace pikachu::base
