#pragma once

namespace pikachu::test {

/// Whether this was built with a sanitizer that changes memory and time.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Why a test that takes all descriptors away cannot run here; nullptr if it can. The
/// undefined-behaviour sanitizer comes with the address sanitizer.
#ifdef __SANITIZE_ADDRESS__
inline constexpr const char* kDescriptorsAreNeeded =
    "the undefined-behaviour sanitizer examines objects through a pipe, which needs the "
    "descriptors that this test takes away";
#else
inline constexpr const char* kDescriptorsAreNeeded = nullptr;
#endif

}  // namespace pikachu::test
