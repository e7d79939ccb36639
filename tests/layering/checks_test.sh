#!/usr/bin/env bash
# checks_test.sh CMAKE: shows both checks each violation once, in a tree made for it, and demands that
# they name it; and that they are content with a clean tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cmake=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# fresh_tree: one clean component, `low`, and one above it, `sink/high`, which uses zlib.
fresh_tree() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/src/{low,wire,sink/high} "$tree/tests"
  printf 'low||\nwire|low|\nsink/high|low|ZLIB::ZLIB\n' >"$tree/layers"
  printf '#pragma once\n#include <string>\n' >"$tree/src/low/low.h"
  printf '#pragma once\n' >"$tree/src/sink/high/high.h"
  printf '#include "low/low.h"\n#include <zlib.h>\n#include <unistd.h>\n' >"$tree/src/sink/high/high.cpp"
}
run_layers() { "$cmake" -DROOT="$tree/src" -DLAYERS="$tree/layers" -P "$here/check_layers.cmake" 2>&1; }
run_style() { bash "$here/check_style.sh" "$tree" 2>&1; }

expect_clean() {
  local output
  fresh_tree
  if ! output=$("run_$1"); then
    echo "FAIL: $1 finds fault with a clean tree: $output"
    failures=$((failures + 1))
  fi
}

# expect CHECK FILE TEXT EXPECTED: CHECK fails on a tree with TEXT in FILE, and says EXPECTED.
expect() {
  local check=$1 file=$2 text=$3 expected=$4 output
  fresh_tree
  mkdir -p "$(dirname "$tree/$file")"
  printf '%b\n' "$text" >>"$tree/$file"
  if output=$("run_$check"); then
    echo "FAIL: $check passes '$text' in $file"
    failures=$((failures + 1))
  elif [[ $(tr -s ' \n' ' ' <<<"$output") != *"$file"*"$expected"* ]]; then
    echo "FAIL: $check on '$text' in $file says not '$expected' but: $output"
    failures=$((failures + 1))
  fi
}

expect_clean layers
expect layers src/low/a.cpp '#include "sink/high/none.h"' 'is no path from src/'
expect layers src/low/a.cpp '#include "low.h"' 'is no path from src/'
expect layers src/low/a.cpp '#include "sink/high/high.h"' 'low does not list sink/high in its DEPS'
expect layers src/wire/a.cpp '#include <zlib.h>' 'needs EXTERNAL ZLIB::ZLIB, which wire does not'
expect layers src/low/a.cpp '#include <mysql.h>' 'needs EXTERNAL PkgConfig::libmariadb'
expect layers src/low/a.cpp '#include <mysql/mysql.h>' 'needs EXTERNAL PkgConfig::libmariadb'
expect layers src/low/a.cpp '#include <curl/curl.h>' 'needs EXTERNAL pikachu_curl_headers'
expect layers src/low/a.cpp '#include <sqlite3.h>' 'needs EXTERNAL SQLite::SQLite3'
expect layers src/low/a.cpp '#include <httplib.h>' 'needs EXTERNAL PkgConfig::httplib'
expect layers src/low/a.cpp '#include <yaml-cpp/yaml.h>' 'needs EXTERNAL yaml-cpp'
expect layers src/low/a.cpp '#include <spdlog/spdlog.h>' 'needs EXTERNAL spdlog::spdlog'
expect layers src/low/a.cpp '#include <prometheus/counter.h>' 'needs EXTERNAL prometheus-cpp::core'
expect layers src/low/a.cpp '#include <nlohmann/json.hpp>' 'needs EXTERNAL nlohmann_json'
expect layers src/low/a.cpp '#include <zstd.h>' 'needs EXTERNAL PkgConfig::libzstd'
expect layers src/low/a.cpp '#include <tl/expected.hpp>' 'include "base/result.h" instead'
expect layers src/low/a.cpp '#include <boost/any.hpp>' 'belongs to no library'
expect layers src/wire/a.cpp '  #  include <mutex>' 'wire is pure'
expect layers src/wire/a.cpp '#include <sys/socket.h>' 'wire is pure'
expect layers src/unknown/a.cpp '#include <string>' 'lies in no folder'

expect_clean style
expect style src/low/long.cpp "$(printf '\\n%.0s' {1..400})" 'more than 400 lines'
expect style src/low/no_once.h 'struct A;' 'no #pragma once'
expect style src/low/CamelCase.cpp '' 'snake_case'
expect style src/low/string_utils.cpp '' 'name the file by what it does'
expect style src/low/a.cpp 'std::this_thread::sleep_for(x);' 'wait for a condition'
expect style tests/a_test.cpp 'usleep(3);' 'wait for a condition'
expect style tests/a_test.cpp '  sleep(3);' 'wait for a condition'
expect style src/low/a.cpp 'thread.detach();' 'std::jthread member'
expect style src/low/a.cpp '} catch (...) {' 'catch by type'
expect style src/low/a.cpp 'std::cout << 1;' 'telemetry::Logger'
expect style src/low/a.cpp 'class LockManager {' 'name the type'
expect style src/low/a.cpp 'struct Parser::Impl {' 'name the type'
expect style src/low/a.cpp '// TODO: later' 'TODO(#123)'
expect style src/low/a.cpp 'int x;  // NOLINT' 'name the check'
expect style src/low/a.cpp 'thread_local int x;' 'pass the state'
expect style src/low/a.cpp '// @author me' 'LICENSE'
expect style docs/a.md "see /wor""k/main/src" 'a path of one machine'
expect style scripts/a "cat /roo""t/x" 'a path of one machine'

((failures == 0)) || exit 1
echo "each violation is found"
