#!/usr/bin/env bash
# module.sh WORK PREFIX: builds a domain module against the installed package, and lets the installed node run it.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/module" && pwd -P)
work=$1 prefix=$2

rm -f "$work/CMakeCache.txt"
cmake -S "$source_dir" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work"

fail() {
  echo "$*" >&2
  exit 1
}

# Its contract: missing, written, kept; and one that says nothing of a change.
rm -f "$work/contract.txt"
checked() { ctest --test-dir "$work" --output-on-failure -R "^$1\$" >"$work/ctest.log" 2>&1; }
told() { grep -qF -- "$1" "$work/ctest.log" || { cat "$work/ctest.log" && fail "the test does not say: $1"; }; }
! checked tally_contract || fail "a contract that is not there is taken"
told 'event counter.added 1 {amount:i64}'
told "cmake --build $work --target update_tally_contract"
cmake --build "$work" --target update_tally_contract >/dev/null
grep -qxF 'event counter.added 1 {amount:i64}' "$work/contract.txt" || fail "no contract was written"
checked tally_contract || { cat "$work/ctest.log" && fail "a contract that was just written is refused"; }
! checked changed_contract || fail "a field more without a version is taken"
told 'event counter.added 1: the program has the field reason, the store does not'
told 'keep `struct added_v1 { std::int64_t amount{};'
told 'static constexpr unsigned schema = 2;'
! cmake --build "$work" --target update_changed_contract >/dev/null 2>&1 || fail "a released line was written over"
grep -qxF 'event counter.added 1 {amount:i64}' "$work/contract.txt" || fail "a released line was written over"

data=$(mktemp -d)
node=
cleanup() {
  [[ -z $node ]] || kill -KILL "$node" 2>/dev/null || true
  rm -rf "$data"
}
trap cleanup EXIT

cat >"$data/node.toml" <<TOML
[node]
modules = ["$work/libtally.so"]
TOML
exec 3< <(exec "$prefix/bin/acta" node --config "$data/node.toml" --data "$data/store" --port 0)
node=$!
url=
while [[ -z $url ]] && IFS= read -r -t 20 -u 3 line; do
  [[ $line != 'acta: listening on '* ]] || url=${line#acta: listening on }
done
[[ -n $url ]] || fail "the node did not say that it listens"

# expect TEXT CURL_ARGUMENTS...: the answer must hold the text.
expect() {
  local answer
  answer=$(curl -sS --max-time 20 "${@:2}")
  [[ $answer == *"$1"* ]] || fail "no $1 in the answer to ${*:2}: $answer"
}
json=(-H 'Content-Type: application/json')
expect '"version":1' "${json[@]}" -d '{"amount":41}' "$url/v1/counter/a/add"
expect '"code":"not_positive"' "${json[@]}" -d '{"amount":0}' "$url/v1/counter/a/add"
expect '/amount' "${json[@]}" -d '{"amount":"41"}' "$url/v1/counter/a/add"
expect '"total":41' "$url/v1/counter/a"

kill -TERM "$node"
wait "$node" || fail "the node ended with $?"
node=
echo "the node served and stopped"
