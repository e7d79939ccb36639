#!/usr/bin/env bash
# check_style.sh ROOT: the rules of docs/style.md that reading can check; clang-format and clang-tidy
# check the rest. Prints each violation as file:line: what, and what to write instead.
set -euo pipefail
cd "$1"

readonly MAX_LINES=400
violations=0

report() {
  echo "$1"
  violations=$((violations + 1))
}

mapfile -t sources < <(find src tests -name '*.cpp' -o -name '*.h' | LC_ALL=C sort)
((${#sources[@]} > 0)) || { echo "no sources below $1" >&2; exit 2; }

# ban PATTERN ADVICE [ALLOWED-FILES]: no line of a source file matches PATTERN, except in files whose
# path matches ALLOWED-FILES.
ban() {
  local pattern=$1 advice=$2 allowed=${3:-^$} hit
  while IFS= read -r hit; do
    [[ $hit =~ $allowed ]] || report "$(cut -d: -f1,2 <<<"$hit"): $advice"
  done < <(grep -HnE "$pattern" "${sources[@]}" || true)
}

for file in "${sources[@]}"; do
  lines=$(wc -l <"$file")
  ((lines <= MAX_LINES)) || report "$file:$lines: more than $MAX_LINES lines: split by what it does"
  [[ $file != *.h ]] || grep -qx '#pragma once' "$file" || report "$file:1: no #pragma once"
  [[ $(basename "$file") =~ ^[a-z0-9_]+\.(h|cpp)$ ]] || report "$file:1: file names are snake_case"
  [[ ! $(basename "$file") =~ (^|_)(manager|helpers?|utils?|common|misc|impl)[_.] ]] ||
    report "$file:1: name the file by what it does"
done

ban '\b(sleep_for|sleep_until|usleep|nanosleep)\b|[^_a-z:]sleep\(' \
  'wait for a condition with a deadline, not for time to pass'
ban '(\.|->)detach\(\)' 'keep the thread as a std::jthread member'
ban 'catch *\( *\.\.\. *\)' 'catch by type'
ban '^[^/]*std::(cout|cerr|clog)' 'write through telemetry::Logger' \
  '^(src/(receive|app)/|src/main\.cpp|tests/)'
ban '\b(class|struct|enum|union) +([a-z]+ +)*[A-Za-z:]*(Manager|Helper|Helpers|Util|Utils|Common|Misc|Impl)\b' \
  'name the type by what it does'
ban '\b(TODO|FIXME|XXX)\b($|[^(]|\([^#]|\(#[^0-9])' 'write TODO(#123): a sentence'
ban 'NOLINT(BEGIN|END|NEXTLINE)?([^(A-Z]|$)' 'name the check: NOLINT(check-name): reason'
ban '@author|\\author|Copyright' 'LICENSE and the history say who'

# A library may force thread-local state; then the comment above says which, and how.
while IFS= read -r hit; do
  report "$hit: pass the state; where a library forces it, say so in a comment just above"
done < <(awk 'FNR == 1 { comment = -9 } /^ *\/\// { comment = FNR }
  /^[^\/]*thread_local / && FNR - comment > 8 { print FILENAME ":" FNR }' "${sources[@]}")

# Nothing may depend on the machine that it was written on.
machine_path="(^|[^A-Za-z0-9_.}/-])/(wor[k]|roo[t])(/|[^a-z_-]|\$)"
while IFS= read -r hit; do
  report "$(cut -d: -f1,2 <<<"$hit"): a path of one machine"
done < <(grep -rInE "$machine_path" --exclude-dir=build --exclude-dir=.git --exclude=.git --exclude-dir=data \
  --exclude-dir=node_modules . | sed 's|^\./||' || true)

if ((violations > 0)); then
  echo "$violations violations of docs/style.md"
  exit 1
fi
echo "${#sources[@]} files keep docs/style.md"
