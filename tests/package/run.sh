#!/usr/bin/env bash
# run.sh REPOSITORY: ./run as the README has it. The printed curl lines work, and after kill -9 nothing is lost. A config of
# the user's own is heeded.
set -euo pipefail
cd "$1"
work=$(mktemp -d)
node=
fail() {
  echo "$*" >&2
  sed 's/^/  /' "$work"/*.log >&2
  exit 1
}
cleanup() {
  [[ -z $node ]] || kill -KILL "$node" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# start LOG OPTION...: starts ./run and keeps its three curl lines in `lines`.
start() {
  exec 3< <(exec ./run "${@:2}" </dev/null 2>"$work/$1.log")
  node=$!
  lines=()
  local line
  while ((${#lines[@]} < 3)); do
    IFS= read -r -t 60 -u 3 line || fail "./run printed ${#lines[@]} curl lines"
    [[ $line != 'curl '* ]] || lines+=("$line")
  done
}
stop() {
  kill -INT "$node"
  wait "$node" || fail "./run ended with $?"
  node=
}
# expect TEXT COMMAND: the command's output must hold the text.
expect() {
  local answer
  answer=$(bash -c "$2 -sS --max-time 20") || fail "failed: $2"
  [[ $answer == *"$1"* ]] || fail "no $1 in the answer of $2: $answer"
}

start first --port 0 --data "$work/data"
expect '"version":1' "${lines[0]}"
expect '"version":2' "${lines[0]}"
kill -KILL "$node"
wait "$node" 2>/dev/null || true

start second --port 0 --data "$work/data"
grep -qE 'recovered 1 aggregates?, 2 events in [0-9]+ us' "$work/second.log" || fail "the log does not say what was recovered"
expect '"amount":1299' "${lines[1]}"
expect 'cart.item_added' "${lines[2]}"
stop

cat >"$work/own.toml" <<TOML
[node]
modules = ["libshop.so"]
[store]
path = "$work/own"
[http]
port = 0
TOML
start own --config "$work/own.toml"
expect '"version":1' "${lines[0]}"
[[ ${lines[0]} != *127.0.0.1:8080/* ]] || fail "./run does not heed the port of its config"
[[ -d $work/own ]] || fail "./run does not heed the store of its config"
stop

start other --config "$work/own.toml" --data "$work/data"
expect '"amount":1299' "${lines[1]}"
stop
echo "2 commands, kill -9, 2 events; a config of the user's own"
