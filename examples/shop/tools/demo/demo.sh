#!/usr/bin/env bash
# The guided tour: starts a node on a store, walks through the purchase flow, and stops the node.
#   demo.sh BIN_DIR [CONFIG [DATA [PORT]]]
# CONFIG: empty for one of its own, with a short deadline for payments. DATA: empty for a folder that is gone afterwards;
# e-mails are looked for in DATA/mail. Ends with the tour's exit code: 0 only if all was as it should be.
set -euo pipefail
bin=$1 config=${2:-} data=${3:-} port=${4:-0}

work=$(mktemp -d)
node='' tour=''
stop() {
  if [[ -n $1 ]] && kill -TERM "$1" 2>/dev/null; then wait "$1" || true; fi
}
finish() {
  stop "$tour"
  stop "$node"
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[[ -n $data ]] || data=$work/data
if [[ -z $config ]]; then
  config=$work/demo.toml
  # Long enough for a purchase on a busy machine, short enough to wait for.
  cat >"$config" <<TOML
[node]
modules = ["libshop.so"]
log_level = "warning"
[settings.shop]
payment_deadline = "5s"
TOML
fi

mkfifo "$work/out"
"$bin/acta" node --config "$config" --data "$data" --port "$port" >"$work/out" 2>"$work/log" &
node=$!
exec 3<"$work/out" # stays open: the node may say more
if ! IFS= read -r line <&3 || [[ $line != 'acta: listening on '* ]]; then
  echo "demo: the node did not start:" >&2
  cat "$work/log" >&2
  exit 1
fi

# In the background, so that a signal to this script does not have to wait for the end of the tour.
"$bin/shop-demo" --url "${line#acta: listening on }" --maildir "$data/mail" &
tour=$!
status=0
wait "$tour" || status=$?
tour=''
if ((status)) && [[ -s $work/log ]]; then
  echo "demo: the node's log:" >&2
  cat "$work/log" >&2
fi
exit "$status"
