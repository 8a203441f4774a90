#!/usr/bin/env bash
# stale.sh WORK MODULES: a project with Acta's rules of installation installs what was built, and nothing else.
set -euo pipefail
rm -rf "$1"
mkdir -p "$1/src"
cd "$1"
cat > src/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH "$2")
include(ActaInstallChecks)
add_library(small small.cpp)
acta_install_only_if_built(small)
install(TARGETS small)
install(FILES small.hpp TYPE INCLUDE)
acta_install_without_manifest()
END
echo 'int small();' > src/small.hpp
echo '#include "small.hpp"
int small() { return 1; }' > src/small.cpp

refused() {
  if cmake --install build --prefix "$1" > log 2>&1; then echo "installed: $2" && exit 1; fi
  grep -q 'Nothing is installed' log || { cat log && exit 1; }
  [[ ! -e $1 ]] || { echo "half installed: $2" && exit 1; }
}
cmake -G Ninja -S src -B build > log 2>&1 || { cat log && exit 1; }
refused never "before the first build"
cmake --build build > log 2>&1 || { cat log && exit 1; }
cmake --install build --prefix current
[[ -e current/include/small.hpp && ! -e build/install_manifest.txt ]]
cmake --install build --prefix part --component Unspecified
[[ -z $(find build -maxdepth 1 -name 'install_manifest*') ]]
echo 'int small(); int other();' > src/small.hpp
touch -d 'now + 2 seconds' src/small.hpp
refused stale "a header edited since the build"
