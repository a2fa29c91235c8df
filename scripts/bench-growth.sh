#!/usr/bin/env bash
# bench-growth.sh [--quick] [--peer-command COMMAND]: how the provider's cost grows with calls in
# flight, with the plaintext's size and with the key's versions, and how long a Decrypt takes over
# the load. Tables here, JSON in build/bench, the picture in build/bench/latency-over-load.svg. On a
# real OpenBao (`bao` on PATH or BAOKMS_OPENBAO) when there is one, else on the emulator. --quick:
# fewer and shorter rounds, a first look. --peer-command: starts another KMS v2 plugin on the same
# OpenBao, to be measured beside the provider; `kms_bench --help` says what it finds in its
# environment. docs/performance.md, "How cost grows", says what the figures mean.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
rounds=5
cell=250
load=(--rounds 3 --cell-ms 1500)
peer_command=
while [ $# -gt 0 ]; do
  case "$1" in
    --quick)
      rounds=2
      cell=60
      load=(--rounds 1 --cell-ms 500)
      ;;
    --peer-command)
      peer_command=${2:-}
      [ $# -ge 2 ] && shift
      ;;
    *)
      echo "usage: bench-growth.sh [--quick] [--peer-command COMMAND]" >&2
      exit 2
      ;;
  esac
  shift
done

build=build/default
results=$root/build/bench
step_logs=$root/$build/logs
mkdir -p "$results" "$step_logs"
began=$(now_ms)
sockets=$(mktemp -d)
trap 'rm -rf "$sockets"' EXIT

use_ccache
[ -f "$build/build.ninja" ] || step configure cmake --preset default
step build cmake --build "$build" --parallel "$(build_jobs)" \
  --target bao-kms-provider kms_bench latency_over_load

peers=0
peer() { # a socket of its own for each run, because a plugin may leave its file behind
  peer=()
  [ -n "$peer_command" ] || return 0
  peers=$((peers + 1))
  peer=(--peer "$sockets/$peers.sock" --peer-command "$peer_command")
}

# measure NAME OPTION...: the figures stand even where calls failed; what failed is said.
measure() {
  local name=$1
  shift
  "$build/bin/kms_bench" --brief --rounds "$rounds" --cell-ms "$cell" --idle-seconds 0 \
    --system-calls 0 --json "$results/growth-$name.json" "$@" || failed=1
}
failed=0

echo "load of this machine before: $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "== calls in flight"
peer
measure in-flight --in-flight 1,4,16,64,256,1024 --restarts 0 "${peer[@]}"
echo
echo "== bytes of a plaintext"
peer
measure plaintext --in-flight 8 --plaintext-bytes 1,16,64,256,512,728 --operations Encrypt,Decrypt \
  --restarts 0 "${peer[@]}"
for versions in 1 10 100 1000 10000; do
  echo
  echo "== versions of the key: $versions"
  measure "versions-$versions" --in-flight 8 --key-versions "$versions" \
    --operations Encrypt,Decrypt,Oldest --restarts 3
done
echo
echo "== latency over load"
peer
"$build/bin/latency_over_load" "${load[@]}" "${peer[@]}" \
  --json "$results/latency-over-load.json" --picture "$results/latency-over-load.svg"
echo
echo "load of this machine after: $(cut -d' ' -f1-3 /proc/loadavg)"
echo "JSON: build/bench. All steps: $(seconds_since "$began")"
exit "$failed"
