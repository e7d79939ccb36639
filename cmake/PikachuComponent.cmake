# Whether HOT components (below) can be optimised across their files when a program is linked.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo"
    AND NOT PIKACHU_SANITIZE)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT PIKACHU_LINK_TIME_OPTIMISATION OUTPUT why_not LANGUAGES CXX)
  if(NOT PIKACHU_LINK_TIME_OPTIMISATION)
    message(STATUS "no optimisation across files: ${why_not}")
  endif()
endif()

# pikachu_component(NAME [HOT] [DEPS component...] [EXTERNAL target...] [PUBLIC_EXTERNAL target...])
#
# Declares one component: the static library of every src/NAME/*.cpp. The folder is the namespace
# and the target (a slash becomes an underscore). DEPS are the components whose headers it may
# include; each must have been declared before, so a cycle cannot be written. EXTERNAL are libraries
# that only its .cpp files may use, PUBLIC_EXTERNAL those that its headers mention.
# HOT components, through which every row goes, are optimised further in optimised builds, and by
# GCC across their files when a program is linked.
# tests/layering/check_layers.cmake holds every #include to these declarations.
#
# Where tests/unit/NAME holds *_test.cpp files they become the test program NAME_test.
function(pikachu_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "HOT" "" "DEPS;EXTERNAL;PUBLIC_EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "component '${name}': unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  string(REPLACE "/" "_" target "${name}")
  set(dep_targets)
  foreach(dep IN LISTS arg_DEPS)
    string(REPLACE "/" "_" dep_target "${dep}")
    if(NOT TARGET pikachu_${dep_target})
      message(FATAL_ERROR "component '${name}' depends on '${dep}', which is not declared above it")
    endif()
    list(APPEND dep_targets pikachu_${dep_target})
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(sources)
    add_library(pikachu_${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(pikachu_${target} PRIVATE pikachu_compile_options ${arg_EXTERNAL})
    if(arg_HOT)
      target_compile_options(pikachu_${target} PRIVATE
        $<$<CONFIG:RelWithDebInfo>:-O3>
        # At -O3 GCC 12 sees overlapping copies inside std::string's own operator+ (GCC bug 105651).
        $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:RelWithDebInfo>>:-Wno-restrict>)
      if(PIKACHU_LINK_TIME_OPTIMISATION)
        set_target_properties(pikachu_${target} PROPERTIES
          INTERPROCEDURAL_OPTIMIZATION_RELWITHDEBINFO ON)
      endif()
    endif()
  else()
    add_library(pikachu_${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(pikachu_${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(pikachu_${target} ${scope} ${dep_targets} ${arg_PUBLIC_EXTERNAL})

  set_property(GLOBAL APPEND PROPERTY PIKACHU_COMPONENTS "${name}")
  string(JOIN "," deps ${arg_DEPS})
  string(JOIN "," external ${arg_EXTERNAL} ${arg_PUBLIC_EXTERNAL})
  set_property(GLOBAL APPEND PROPERTY PIKACHU_LAYERS "${name}|${deps}|${external}")

  if(PIKACHU_BUILD_TESTS)
    file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${name}/*_test.cpp)
    if(tests)
      add_executable(${target}_test ${tests})
      target_link_libraries(${target}_test PRIVATE
        pikachu_${target} pikachu_compile_options GTest::gtest_main ${arg_EXTERNAL})
      target_include_directories(${target}_test PRIVATE ${PROJECT_SOURCE_DIR})
      target_compile_definitions(${target}_test PRIVATE
        PIKACHU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      gtest_discover_tests(${target}_test PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
    endif()
  endif()
endfunction()
