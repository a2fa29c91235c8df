#!/usr/bin/env bash
# From a checkout to a live KMS v2 round trip and a key rotation in one command:
#   quickstart.sh            with the OpenBao emulator of this project (nothing else to install)
#   quickstart.sh --openbao  with a real OpenBao server (`bao` on PATH, or BAOKMS_OPENBAO)
#   quickstart.sh [--openbao] --kubernetes
#                            and a real kube-apiserver whose Secrets are encrypted in etcd (Go 1.25 builds it)
# Everything listens on 127.0.0.1, lives in one temporary directory and is gone at the end.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
. scripts/quickstart/openbao.sh
. scripts/quickstart/kubernetes.sh
began=$(now_ms)

backend=emulator kubernetes=no
for option in "$@"; do
  case "$option" in
    --openbao) backend=openbao ;;
    --kubernetes) kubernetes=yes ;;
    *)
      echo "usage: quickstart.sh [--openbao] [--kubernetes]" >&2
      exit 2
      ;;
  esac
done
bao=${BAOKMS_OPENBAO:-$(command -v bao || true)}
if [ "$backend" = openbao ] && [ -z "$bao" ]; then
  echo "quickstart: no OpenBao found: put 'bao' on PATH or name it in BAOKMS_OPENBAO." >&2
  echo "Packages and containers: https://openbao.org/docs/install/" >&2
  exit 2
fi
[ "$kubernetes" = no ] || check_kubernetes_tools

build=build/default
bin=$root/$build/bin
step_logs=$root/$build/logs
mkdir -p "$step_logs"
dir=$(mktemp -d "${TMPDIR:-/tmp}/bao-kms-quickstart.XXXXXX")
pids=()
doing=start

clean_up() {
  local code=$? pid
  trap - EXIT INT TERM
  trap '' PIPE # nobody reads any more, and all the same nothing may be left
  if [ "$code" -ne 0 ]; then
    echo "quickstart: failed while: $doing" >&2
    for log in "$dir"/*.log; do
      [ -s "$log" ] && { echo "--- ${log##*/}" && tail -n 20 "$log"; } >&2
    done
  fi
  # The newest first: the provider before its server.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[i]}
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE

# stop SIGNAL PID: and what it ended with.
stop() {
  local code=0 pid kept=()
  kill "-$1" "$2"
  wait "$2" || code=$?
  for pid in "${pids[@]}"; do [ "$pid" = "$2" ] || kept+=("$pid"); done
  pids=("${kept[@]}")
  return "$code"
}

headline() {
  doing=$1
  echo
  echo "== $1"
}

# until_true SECONDS COMMAND...: every 0.1 s.
until_true() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# api METHOD PATH [JSON]: OpenBao's HTTP API as root. The token goes in over a descriptor, never in an
# argument that `ps` shows.
api() {
  local data=()
  [ $# -lt 3 ] || data=(--data "$3")
  curl -sS --fail --cacert "$ca" -X "$1" "${data[@]}" \
    -H @<(echo "X-Vault-Token: $root_token") "$address/v1/$2"
}

start_emulator() {
  "$bin/openbao-emulator" --demo --dir "$dir/server" >"$dir/emulator.json" 2>"$dir/emulator.log" &
  pids+=($!)
  until_true 20 jq -e .address "$dir/emulator.json"
  address=$(jq -r .address "$dir/emulator.json")
  ca=$(jq -r .ca_file "$dir/emulator.json")
  root_token=$(jq -r .root_token "$dir/emulator.json")
  mount=$(jq -r .demo.transit_mount "$dir/emulator.json")
  key=$(jq -r .demo.transit_key "$dir/emulator.json")
  role=$(jq -r .demo.role "$dir/emulator.json")
  jwt_file=$(jq -r .demo.jwt_file "$dir/emulator.json")
  issuer=$(jq -r .demo.jwt_issuer "$dir/emulator.json")
  audience=$(jq -r .demo.jwt_audience "$dir/emulator.json")
}

write_config() {
  mkdir -m 0750 "$dir/run"
  mkdir -m 0700 "$dir/state"
  metrics=127.0.0.1:$(free_port)
  health=$metrics
  while [ "$health" = "$metrics" ]; do health=127.0.0.1:$(free_port); done
  cat >"$dir/config.yaml" <<EOF
configVersion: v1alpha1
server:
  socketPath: $dir/run/kms.sock
  socketMode: "0600"
  socketGroup: "$(id -g)"
  metricsAddress: $metrics
  healthAddress: $health
openbao:
  address: $address
  caCertFile: $ca
  tlsServerName: localhost
  instanceId: quickstart
auth:
  method: jwt
  loginBeforeTokenExpiry: 1m
  tokenRenewalIncrement: 20m
  jwt:
    source: file
    mountPath: auth/jwt
    role: $role
    jwtFile: $jwt_file
    expectedIssuer: $issuer
    expectedAudience: [$audience]
transit:
  mountPath: $mount
  keyName: $key
  keyIdScope:
    providerName: openbao
    clusterId: quickstart
    transitMountId: quickstart-transit
    keyLineageId: quickstart-key
# Short, so that a rotation can be watched. The defaults suit production.
status: {probeInterval: 1s, deepProbeInterval: 1m, statusMaxStaleness: 30s}
state: {path: $dir/state/key-registry.json}
rotation: {activationDelay: 3s, requireStableObservationCount: 2}
EOF
}

client() { "$bin/kms-client" --socket "$dir/run/kms.sock" "$@"; }

key_id() { client status --json | jq -r .key_id; }

# An unhealthy Status names no key_id and counts as no change.
key_id_changed() {
  local now
  now=$(key_id)
  [ -n "$now" ] && [ "$now" != "$first" ]
}

echo "bao-kms-provider quickstart with the OpenBao ${backend/openbao/server}"
groups=(build libraries test-libraries quickstart)
[ "$kubernetes" = no ] || groups+=(quickstart-kubernetes)
step install scripts/install-deps.sh "${groups[@]}"
use_ccache
step configure cmake --preset default
targets=(bao-kms-provider kms-client)
[ "$backend" = openbao ] || targets+=(openbao-emulator)
[ "$kubernetes" = no ] || targets+=(kubeapiserver)
step build cmake --build "$build" --parallel "$(build_jobs)" --target "${targets[@]}"
running=$(now_ms)
umask 077

headline "start and set up the OpenBao ${backend/openbao/server}"
if [ "$backend" = openbao ]; then start_openbao; else start_emulator; fi
echo "$address, key $mount/$key, JWT login at auth/jwt"

headline "start the provider"
write_config
"$bin/bao-kms-provider" serve --config "$dir/config.yaml" --allow-socket-parent "$dir" \
  >"$dir/provider.log" 2>&1 &
provider=$!
pids+=("$provider")
until_true 30 curl -sS --fail "http://$health/ready"
echo "ready $(seconds_since "$running") after the end of the build"

headline "Status, as kube-apiserver asks"
client status --json | jq '{version, healthz, key_id}'
first=$(key_id)
[ -n "$first" ]

headline "Encrypt and Decrypt"
client encrypt --plaintext "a data encryption key of Kubernetes" --json >"$dir/sealed.json"
jq '{ciphertext, key_id, annotations}' "$dir/sealed.json"
opens() {
  local hex
  hex=$(client decrypt --in "$dir/sealed.json" --json | jq -r .plaintext_hex)
  [ "$hex" = "$(printf 'a data encryption key of Kubernetes' | od -An -v -tx1 | tr -d ' \n')" ]
}
opens
echo "decrypts to what went in"
client roundtrip --count 500 --threads 8 --json |
  jq -r '"\(.ok) round trips, encrypt p50 \(.encrypt_ms.p50) ms, decrypt p50 \(.decrypt_ms.p50) ms"'

if [ "$kubernetes" = yes ]; then
  headline "a Secret of a real kube-apiserver"
  show_first_secret
fi

headline "rotate the Transit key and watch the key_id follow"
rotated=$(now_ms)
api POST "$mount/keys/$key/rotate" >/dev/null
echo "$first before; two stable observations and the activation delay (3 s here) come first"
until_true 60 key_id_changed
echo "$(key_id) after $(seconds_since "$rotated")"
doing="decrypt the old ciphertext after the rotation"
opens
echo "the old ciphertext still decrypts"
client roundtrip --count 20 --json | jq -r '"\(.ok) round trips under the new key"'

if [ "$kubernetes" = yes ]; then
  headline "Secrets after the rotation"
  show_secrets_after_rotation
fi

headline "readiness and metrics"
curl -sS "http://$health/ready"
echo
curl -sS "http://$metrics/metrics" | grep -v '^#' | grep -E 'requests_total|rotation_state|key_version|token_ttl' |
  head -n 12 || true

headline "stop"
stop TERM "$provider"
[ ! -e "$dir/run/kms.sock" ]
echo "the provider drained and removed its socket"
echo
echo "Done in $(seconds_since "$began"), $(seconds_since "$running") of it after the build."
