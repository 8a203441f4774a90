#!/usr/bin/env bash
# Writes the stores of releases that have none yet: each on top of a copy of the one before.
# Usage: tests/golden/write_stores.sh BUILD_FOLDER    (after: ninja -C BUILD_FOLDER golden_writer)
set -euo pipefail
writer=$(realpath "$1")/bin/golden_writer
stores=$(realpath "$(dirname "${BASH_SOURCE[0]}")")/bank/stores
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for release in 1 2 3 4 5 6; do
  file=$stores/release_$release.tar.xz
  if [[ -e $file ]]; then # a released one is what it is
    rm -rf store
    cmake -E tar xJf "$file"
    continue
  fi
  "$writer" store "$release"
  # Meaningless while nobody has the store open.
  find store -name lock.mdb -delete -o -name store.lock -delete
  cmake -E tar cJf "$file" store
  echo "$file: $(stat -c %s "$file") bytes"
done
