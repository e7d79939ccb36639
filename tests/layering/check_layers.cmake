# cmake -DROOT=<src> -DLAYERS=<file> -P check_layers.cmake
#
# Holds each #include below ROOT to what its component declares. LAYERS has a line per component:
#     name|dep,dep|external,external
# A component may include its own headers, those of its DEPS (of nobody's DEPS' DEPS), the standard
# library, POSIX, and the headers of its EXTERNAL libraries.
cmake_minimum_required(VERSION 3.25)

# Which headers belong to which library: regular expression, then the names of its CMake targets.
set(libraries
  "^tl/"           "-"  # base/result.h alone; see below
  "^zlib\\.h$|^zconf\\.h$"        "ZLIB::ZLIB"
  "^zstd"          "PkgConfig::libzstd"
  "^libdeflate"    "PkgConfig::libdeflate"
  "^spdlog/|^fmt/" "spdlog::spdlog"
  "^prometheus/"   "prometheus-cpp::core"
  "^(mysql|mariadb|errmsg|mysqld_error|ma_)" "PkgConfig::libmariadb"
  "^curl/"         "pikachu_curl_headers"
  "^sqlite3"       "SQLite::SQLite3"
  "^httplib\\.h$"  "PkgConfig::httplib"
  "^nlohmann/"     "nlohmann_json::nlohmann_json"
  "^yaml-cpp/"     "yaml-cpp")
set(posix "^(sys|netinet|arpa|linux)/|^(unistd|fcntl|poll|signal|pthread|netdb|endian|dirent|time|\
sysexits|getopt|dlfcn|termios|strings|iconv)\\.h$|^([a-z]*mmintrin|arm_neon)\\.h$")  # the last: compilers' own
# Bytes in, values out: no threads, no sockets, no files.
set(pure_components wire change binlog route encode)
set(impure "^(thread|mutex|shared_mutex|condition_variable|future|fstream|filesystem|iostream)$|\
^(sys|netinet|arpa|linux)/|^(unistd|fcntl|poll|signal|pthread|netdb)\\.h$")

set(components)
file(STRINGS ${LAYERS} lines)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^([^|]+)\\|([^|]*)\\|([^|]*)$")
    message(FATAL_ERROR "${LAYERS}: '${line}' is not name|deps|externals")
  endif()
  set(name "${CMAKE_MATCH_1}")
  string(REPLACE "," ";" deps_${name} "${CMAKE_MATCH_2}")
  string(REPLACE "," ";" externals_${name} "${CMAKE_MATCH_3}")
  list(APPEND components "${name}")
endforeach()

set(violations 0)
function(report where text)
  message("${where}: ${text}")
  math(EXPR violations "${violations} + 1")
  set(violations ${violations} PARENT_SCOPE)
endfunction()

function(check_third_party component file where header)
  if(component IN_LIST pure_components AND header MATCHES "${impure}")
    report(${where} "${component} is pure (no threads, sockets or files), so not <${header}>")
  elseif(header MATCHES "^tl/")
    if(NOT file STREQUAL "base/result.h")
      report(${where} "include \"base/result.h\" instead of <${header}>")
    endif()
  elseif(NOT header MATCHES "${posix}" AND header MATCHES "[./]")
    set(rest ${libraries})
    set(known FALSE)
    while(rest)
      list(POP_FRONT rest pattern target)
      if(header MATCHES "${pattern}")
        set(known TRUE)
        if(NOT target IN_LIST externals_${component})
          report(${where} "<${header}> needs EXTERNAL ${target}, which ${component} does not declare")
        endif()
      endif()
    endwhile()
    if(NOT known)
      report(${where} "<${header}> belongs to no library that check_layers.cmake knows")
    endif()
  endif()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

# The longest component name that `path` is below; "" if none.
function(component_of path result)
  set(best "")
  string(LENGTH "${best}" best_length)
  foreach(component IN LISTS components)
    string(FIND "${path}" "${component}/" at)
    string(LENGTH "${component}" length)
    if(at EQUAL 0 AND length GREATER best_length)
      set(best "${component}")
      set(best_length ${length})
    endif()
  endforeach()
  set(${result} "${best}" PARENT_SCOPE)
endfunction()

set(include_count 0)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.h ${ROOT}/*.cpp)
foreach(file IN LISTS files)
  if(file STREQUAL "main.cpp")
    set(component app)  # main.cpp links what app links
  else()
    component_of("${file}" component)
  endif()
  if(component STREQUAL "")
    report(src/${file} "lies in no folder that src/CMakeLists.txt declares as a component")
    continue()
  endif()
  file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include")
  foreach(include IN LISTS includes)
    math(EXPR include_count "${include_count} + 1")
    if(include MATCHES "#[ \t]*include[ \t]*<([^>]+)>")
      check_third_party(${component} ${file} src/${file} "${CMAKE_MATCH_1}")
    elseif(include MATCHES "#[ \t]*include[ \t]*\"([^\"]+)\"")
      set(header "${CMAKE_MATCH_1}")
      component_of("${header}" owner)
      if(owner STREQUAL "" OR NOT EXISTS ${ROOT}/${header})
        report(src/${file} "\"${header}\" is no path from src/: name it \"component/file.h\"")
      elseif(NOT owner STREQUAL component AND NOT owner IN_LIST deps_${component})
        report(src/${file} "\"${header}\": ${component} does not list ${owner} in its DEPS")
      endif()
    endif()
  endforeach()
endforeach()

if(include_count EQUAL 0)
  message(FATAL_ERROR "no #include found below ${ROOT}")
endif()
if(violations GREATER 0)
  message(FATAL_ERROR "${violations} of ${include_count} includes break the layers (src/CMakeLists.txt)")
endif()
message("${include_count} includes keep the layers")
