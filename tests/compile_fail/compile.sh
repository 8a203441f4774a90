#!/usr/bin/env bash
# Compiles a source that must not compile. A user's first look has to find the mistake, so what it says must stand near the
# first error, and little may follow.
#   compile.sh ERRORS LINES EXPRESSION COMPILER ARGUMENTS...
#   ERRORS, LINES: at most so many; EXPRESSION (of grep -E): stands in the part of the output that ends a little below the
#   first error. `none`: the source must compile.
set -uo pipefail
errors_max=$1 lines_max=$2 expression=$3
shift 3
# Without the paths of inclusion: the headers come precompiled here, by another path than in a user's source.
output=$(set -o pipefail && LC_ALL=C "$@" 2>&1 | sed '/^In file included from /d; /^  *from .*[,:]$/d')
status=$?
errors=$(grep -cE '(^|: )(fatal )?error:' <<<"$output")
lines=$(wc -l <<<"$output")
fail() {
  printf '%s\n%s\n' "$1" "$output"
  exit 1
}
if [[ $expression == none ]]; then
  [[ $status == 0 ]] || fail "a sound source does not compile"
  exit 0
fi
[[ $status != 0 ]] || fail "it compiles"
first=$(grep -nE -m1 '(^|: )(fatal )?error:' <<<"$output" | cut -d: -f1)
head -n $((${first:-0} + 6)) <<<"$output" | tr '\n' ' ' | grep -qE -- "$expression" || fail "what is looked for does not stand at the first error: $expression"
((errors <= errors_max)) || fail "$errors errors, at most $errors_max are borne"
((lines <= lines_max)) || fail "$lines lines, at most $lines_max are borne"
