# The warnings, sanitizers and hardening that every target of the project is built with.
add_library(pikachu_compile_options INTERFACE)

target_compile_options(pikachu_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  # At -O3 GCC 12 sees overlapping copies inside std::string's own operator+ (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)
if(PIKACHU_WARNINGS_AS_ERRORS)
  target_compile_options(pikachu_compile_options INTERFACE -Werror)
endif()

# PIKACHU_SANITIZE: empty, or what -fsanitize= takes, for example "address,undefined".
if(PIKACHU_SANITIZE)
  add_compile_options(-fsanitize=${PIKACHU_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PIKACHU_SANITIZE})
  # What GCC 12's optimizer warns of in instrumented code is not in the source: the same files are
  # clean without sanitizers, and with clang.
  target_compile_options(pikachu_compile_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread
      -Wno-restrict>)
endif()

# PIKACHU_FUZZ: build with clang; libraries need the coverage hooks, or libFuzzer sees nothing. The
# standard library checks its indexes too.
if(PIKACHU_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
