# shellcheck shell=bash
# Sourced by ./run and ./test: installs what is missing, configures a preset, builds targets.
#
#   setup_packages run|test         the packages of tools/packages.txt for that use
#   setup_build PRESET TARGET...    configures when needed and builds; two calls at once take turns
#
# Pre: `set -euo pipefail`.

: "${acta_root:?the repository}" "${acta_script:?the name of the script, for messages}"

say() { printf '%s: %s\n' "$acta_script" "$*" >&2; }
die() {
  say "$@"
  exit 1
}

# Prints the packages for `run`, or those for `run` and `test`, one a line.
wanted_packages() {
  awk -v use="$1" '!/^#/ && NF && ($1 == "run" || $1 == use) { print $2 }' "$acta_root/tools/packages.txt"
}

missing_packages() {
  local wanted
  mapfile -t wanted < <(wanted_packages "$1")
  # One query for all: unknown packages go to stderr, known ones to stdout with their state.
  { dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null || true; } |
    awk '$1 == "ii" { print $2 }' | sort -u | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort -u)
}

# The list for people whose system this script cannot set up.
refuse_setup() {
  say "$1"
  say "needed are these Debian 12 packages, or what corresponds to them:"
  sed -n "s/^\(run\|$2\) */  /p" "$acta_root/tools/packages.txt" >&2
  say "install them and set ACTA_SETUP=skip to go on without this check"
  exit 1
}

setup_packages() {
  [[ ${ACTA_SETUP:-} == skip ]] && return
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    refuse_setup "this is not Debian (no apt-get), so nothing can be installed here" "$1"
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0

  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      refuse_setup "missing: ${missing[*]}; installing needs root, and there is no sudo" "$1"
    as_root=(sudo)
    # Without a terminal sudo cannot ask for a password: let it fail instead of hang.
    [[ -t 0 ]] || as_root+=(-n)
  fi
  say "installing ${#missing[@]} packages with apt-get: ${missing[*]}"
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  {
    "${as_root[@]}" update && "${as_root[@]}" install -y --no-install-recommends "${missing[@]}"
  } </dev/null >&2 || refuse_setup "apt-get failed; its messages are above (Acta is set up for Debian 12)" "$1"
}

setup_build() (
  preset=$1
  shift
  build=$acta_root/build/$preset
  mkdir -p "$build"
  # A user without a home (a container's number) has no other place for ccache.
  [[ -w ${HOME:-/nonexistent} || -n ${CCACHE_DIR:-} ]] || export CCACHE_DIR=$acta_root/build/ccache
  exec 9>"$build/.lock"
  flock -n 9 || {
    say "waiting for another build in build/$preset"
    flock 9
  }
  cd "$acta_root" || exit
  if [[ ! -e $build/build.ninja || CMakePresets.json -nt $build/CMakeCache.txt ]]; then
    say "configuring build/$preset"
    cmake --preset "$preset" 9>&- >&2
  fi
  say "building: $*"
  NINJA_STATUS=${NINJA_STATUS:-'[%f/%t %es] '} cmake --build --preset "$preset" --target "$@" 9>&- >&2
)
