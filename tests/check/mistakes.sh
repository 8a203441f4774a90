#!/usr/bin/env bash
# Plants one mistake at a time in a small tree and expects the check to name it: a check that cannot fail checks nothing.
# shellcheck disable=SC2016 # the backticks are of Markdown
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

plant() { # plant FILE TEXT: a source with its licence lines
  mkdir -p "$tree/$(dirname "$1")"
  printf '// SPDX-FileCopyrightText: The Acta authors\n// SPDX-License-Identifier: Apache-2.0\n%b\n' "$2" >"$tree/$1"
}
sound() { # a tree without mistakes
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/tools"
  cp -r "$root/tools/." "$tree/tools"
  cp "$root/.clang-format" "$tree"
  plant core/include/acta/core/a.hpp '#pragma once\n#include <vector>\n// [part]\nint a();\n// [part end]'
  plant core/src/a.hpp '#pragma once'
  plant domain/include/acta/domain/b.hpp '#pragma once\n#include <acta/core/a.hpp>'
  plant domain/src/b.cpp '#include <acta/domain/b.hpp>'
  printf '<!-- from core/include/acta/core/a.hpp [part] -->\n```cpp\nint a();\n```\n' >"$tree/README.md"
}
# expect TEXT CHECK...: the check must fail and its output hold the text.
expect() {
  local output status=0
  output=$(cd "$tree" && "${@:2}" 2>&1) || status=$?
  if [[ $status == 0 || $output != *"$1"* ]]; then
    printf '%s ended with %s and did not say "%s":\n%s\n' "$2" "$status" "$1" "$output"
    failed=1
  fi
}

sound
for check in "tools/format --check" tools/check/components tools/check/headers tools/check/includes tools/check/sources "tools/docs-sync --check"; do
  # shellcheck disable=SC2086 # a command with its option
  (cd "$tree" && $check) || { echo "$check fails on a sound tree" && failed=1; }
done

sound && plant core/src/c.cpp 'int  c;'
expect 'core/src/c.cpp:3: not formatted' tools/format --check
sound && plant core/src/c.cpp '#include <acta/domain/b.hpp>'
expect 'core must not use domain' tools/check/components
sound && plant domain/src/c.cpp '#include "../../core/src/a.hpp"'
expect 'no private header of domain' tools/check/components
sound && plant domain/include/acta/domain/c.hpp '#include "b.hpp"'
expect 'a public header includes with <acta/...> only' tools/check/components
sound && plant domain/include/acta/domain/c.hpp '#include <lmdb.h>'
expect "an engine's header in a public one" tools/check/components
sound && plant domain/include/acta/domain/c.hpp '#pragma once\nint c(acta_b);'
expect 'domain/include/acta/domain/c.hpp does not compile alone' tools/check/headers
sound && plant domain/include/acta/domain/c.hpp '#pragma once\n#include <lmdb.h>'
expect 'a public header includes an engine' tools/check/headers
sound && plant core/src/c.cpp '#include <vector>\nstd::vector<std::string> c;'
expect 'core/src/c.cpp:4: std::string needs <string>' tools/check/includes
sound && plant core/src/c.cpp '// of two lines\n/* one */\nstd::string c; /* and one\n*/'
expect 'core/src/c.cpp:5: std::string needs <string>' tools/check/includes
sound && plant core/src/c.cpp '#include <vector>\nstd::thing c;'
expect 'std::thing: tools/check/includes does not know its header' tools/check/includes
sound && printf 'int c;\n' >"$tree/core/src/c.cpp"
expect 'core/src/c.cpp: the first two lines must be the SPDX lines' tools/check/sources
sound && plant core/src/c.cpp "// FIX""ME: later"
expect 'core/src/c.cpp:3' tools/check/sources
sound && plant core/include/acta/core/a.hpp '// [part]\nint changed();\n// [part end]'
expect 'README.md: its code differs' tools/docs-sync --check
sound && plant core/include/acta/core/a.hpp 'int a();'
expect 'must hold [part] and [part end] once each' tools/docs-sync --check
sound && printf '```cpp\nint loose;\n```\n' >>"$tree/README.md"
expect 'README.md:5: a cpp block needs a line' tools/docs-sync --check

exit "$failed"
