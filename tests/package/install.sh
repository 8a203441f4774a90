#!/usr/bin/env bash
# install.sh BUILD PREFIX: installs a built tree into an empty prefix, and checks the list of what it has installed, and
# that nothing is left in the build tree.
set -euo pipefail
rm -rf "$2" "$1"/install_manifest*.txt
cmake --install "$1" --prefix "$2"
list=$(echo "$2"/lib*/cmake/Acta/installed.txt "$2"/lib/*/cmake/Acta/installed.txt | tr ' ' '\n' | grep -v '\*' | head -1)
[[ -z $(find "$1" -maxdepth 1 -name 'install_manifest*') ]] || { echo "a manifest is left in $1" && exit 1; }
diff <(sort "$list") <(find "$2" -type f | sort) || { echo "installed.txt is not what was installed" && exit 1; }
