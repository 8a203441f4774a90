#!/usr/bin/env bash
# host.sh WORK TARGETS -D...: builds programs that embed Acta in WORK with these settings, and runs each in a new folder.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/host" && pwd -P)
work=$1
read -ra programs <<<"$2"
shift 2
# Whether it builds and runs is the question, not how fast it is.
unoptimised=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0)
# A cache of another time may hold what has since gone.
rm -f "$work/CMakeCache.txt"
cmake -S "$source_dir" -B "$work" -G Ninja "${unoptimised[@]}" "$@"
cmake --build "$work" --target "${programs[@]}"

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
for program in "${programs[@]}"; do "$work/$program" "$data"; done
