#!/usr/bin/env bash
# Builds the image and brings up docker-compose.yml with config.yaml, both unchanged, beside a database
# and a receiver; then demands that webhooks arrive, that a stop is clean, and that a restart goes on
# where it stopped.
#
# Uses docker with its compose plugin, or podman with podman-compose; without either it is skipped
# (status 77, with the reason). Other commands can be given in PIKACHU_ENGINE ("podman"),
# PIKACHU_ENGINE_BUILD ("podman build --network host") and PIKACHU_COMPOSE ("podman-compose").
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
readonly SKIPPED=77 PROJECT=pikachu_compose_test

skip() { echo "SKIPPED: $*"; exit "$SKIPPED"; }
if [[ -n ${PIKACHU_ENGINE:-} ]]; then
  read -ra engine <<<"$PIKACHU_ENGINE"
  read -ra compose <<<"${PIKACHU_COMPOSE:?}"
elif docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
  engine=(docker) compose=(docker compose)
elif command -v podman-compose >/dev/null && podman info >/dev/null 2>&1; then
  engine=(podman) compose=(podman-compose)
else
  skip "neither docker with compose nor podman with podman-compose is usable here"
fi
read -ra build <<<"${PIKACHU_ENGINE_BUILD:-${engine[*]} build}"

# podman keeps a HEALTHCHECK only in this format.
export BUILDAH_FORMAT=docker

directory=$(mktemp -d)
log=$directory/log
cd "$directory"
project() { "${compose[@]}" -p "$PROJECT" -f docker-compose.yml "$@" >>"$log" 2>&1; }
take_down() {
  local name
  for name in receiver database; do
    "${engine[@]}" rm -f "${PROJECT}_$name" >/dev/null 2>&1 || true
  done
  project down --volumes || true
}
cleanup() {
  local status=$?
  if ((status != 0)); then
    tail -n 30 "$log"
    for name in pikachu receiver database; do
      "${engine[@]}" container inspect "$(container "$name")" >/dev/null 2>&1 || continue
      echo "--- $name"
      "${engine[@]}" logs "$(container "$name")" 2>&1 | tail -n 30 || true
    done
  fi
  take_down
  rm -rf "$directory"
  exit "$status"
}

fail() { echo "FAIL: $*"; exit 1; }
# until_true SECONDS WHAT COMMAND...: tries COMMAND until it succeeds.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what"
    read -rt 0.3 <> <(:) || true
  done
}
container() {
  case $1 in
    # The two compose programs join project, service and number with different characters.
    pikachu) "${engine[@]}" ps -a --format '{{.Names}}' | grep -xE "${PROJECT}[-_]pikachu[-_]1" ;;
    *) echo "${PROJECT}_$1" ;;
  esac
}
sql() { "${engine[@]}" exec "$(container database)" mariadb -e "$1"; }
received() { "${engine[@]}" logs "$(container receiver)" 2>&1 | grep -F -- "$1"; }
healthy() {
  "${engine[@]}" exec "$(container pikachu)" bash -c \
    'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET /health HTTP/1.0\r\n\r\n" >&3; head -n 1 <&3 | grep " 200 "'
}
# docker runs the HEALTHCHECK by itself; podman does so only where there is systemd.
marked_healthy() {
  "${engine[@]}" healthcheck run "$(container pikachu)" ||
    [[ $("${engine[@]}" inspect "$(container pikachu)" --format '{{.State.Health.Status}}') == healthy ]]
}

"${engine[@]}" image inspect debian:bookworm-slim >/dev/null 2>&1 ||
  "${engine[@]}" pull -q debian:bookworm-slim >/dev/null 2>&1 ||
  skip "there is no image debian:bookworm-slim here, and no registry to pull it from"
trap cleanup EXIT
"${build[@]}" -t pikachu:latest "$root" >>"$log" 2>&1 || fail "the image does not build"
"${build[@]}" -t pikachu-test-database "$root/tests/docker/database" >>"$log" 2>&1 ||
  fail "the database image does not build"

cp "$root/docker-compose.yml" "$root/config.yaml" .
mkdir logs
export PIKACHU_LOGS=$directory/logs PIKACHU_PORT=${PIKACHU_PORT:-18080}
export PIKACHU_DB_HOST=database PIKACHU_CALLBACK=http://receiver:9000/webhook

take_down  # what an interrupted run has left
project up -d --no-build
network=$("${engine[@]}" network ls --format '{{.Name}}' | grep -xE "${PROJECT}[-_]pikachu_network")
"${engine[@]}" run -d --name "$(container database)" --network "$network" --network-alias database \
  pikachu-test-database >>"$log"
"${engine[@]}" run -d --name "$(container receiver)" --network "$network" --network-alias receiver \
  pikachu:latest pikachu receive -listen 0.0.0.0:9000 >>"$log"

until_true 60 "the database does not come up" sql 'SELECT 1 FROM test_db.users LIMIT 1'
until_true 60 "/health is not 200" healthy
until_true 30 "the HEALTHCHECK does not pass" marked_healthy
[[ $("${engine[@]}" exec "$(container pikachu)" id -u) == 10001 ]] || fail "pikachu runs as another user"

sql "INSERT INTO test_db.users VALUES (1, 'Ash', 'ash@first.example')"
until_true 30 "the insert does not arrive" received ash@first.example

"${engine[@]}" stop -t 30 "$(container pikachu)" >>"$log"
status=$("${engine[@]}" inspect "$(container pikachu)" --format '{{.State.ExitCode}}')
[[ $status == 0 ]] || fail "a stop ends pikachu with status $status"

sql "UPDATE test_db.users SET email = 'ash@second.example' WHERE id = 1"
"${engine[@]}" start "$(container pikachu)" >>"$log"
until_true 60 "what was changed during the stop does not arrive" received ash@second.example

echo "the container delivers, stops cleanly, and goes on where it stopped"
