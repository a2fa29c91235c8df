# Sourced by quickstart.sh: etcd and a real kube-apiserver that encrypts Secrets through the provider. It has what Secrets
# need and no more: no nodes, no controllers. Uses the functions of quickstart.sh.

kubernetes_token=the-administrator

check_kubernetes_tools() {
  local go
  go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null || true)
  [ -n "$go" ] && [ "$(GOTOOLCHAIN=local "$go" env GOVERSION | sed 's/^go1\.\([0-9]*\).*/\1/')" -ge 25 ] && return
  echo "quickstart: --kubernetes builds kube-apiserver, and that needs Go 1.25 or newer: https://go.dev/dl/" >&2
  exit 2
}

write_encryption_configuration() {
  cat >"$dir/kubernetes/encryption-config.yaml" <<EOF
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - kms:
          apiVersion: v2
          name: openbao
          endpoint: unix://$dir/run/kms.sock
      - identity: {}
EOF
}

start_etcd() {
  mkdir -p "$dir/kubernetes"
  local peer
  etcd=http://127.0.0.1:$(free_port)
  peer=$etcd
  while [ "$peer" = "$etcd" ]; do peer=http://127.0.0.1:$(free_port); done
  etcd --data-dir "$dir/kubernetes/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
    >"$dir/etcd.log" 2>&1 &
  pids+=($!)
  until_true 30 curl -sS --fail "$etcd/health"
}

prepare_kube_apiserver() {
  write_encryption_configuration
  openssl genrsa -out "$dir/kubernetes/accounts.key" 2048 2>/dev/null
  echo "$kubernetes_token,admin,admin,\"system:masters\"" >"$dir/kubernetes/tokens.csv"
  kubernetes_port=$(free_port)
}

# Its certificate is its own; it writes it below --cert-dir.
start_kube_apiserver() {
  "$bin/kubeapiserver" --etcd-servers="$etcd" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$kubernetes_port" \
    --cert-dir="$dir/kubernetes" --token-auth-file="$dir/kubernetes/tokens.csv" --authorization-mode=RBAC \
    --service-account-issuer=https://kubernetes.quickstart.invalid \
    --service-account-key-file="$dir/kubernetes/accounts.key" \
    --service-account-signing-key-file="$dir/kubernetes/accounts.key" \
    --disable-admission-plugins=ServiceAccount --endpoint-reconciler-type=none \
    --encryption-provider-config="$dir/kubernetes/encryption-config.yaml" >"$dir/kube-apiserver.log" 2>&1 &
  kube_apiserver=$!
  pids+=("$kube_apiserver")
  until_true 120 kubernetes GET /readyz
}

# kubernetes METHOD PATH [JSON]: kube-apiserver's API as administrator.
kubernetes() {
  local data=()
  [ $# -lt 3 ] || data=(--header "Content-Type: application/json" --data "$3")
  curl -sS --fail --cacert "$dir/kubernetes/apiserver.crt" -X "$1" "${data[@]}" \
    -H @<(echo "Authorization: Bearer $kubernetes_token") "https://127.0.0.1:$kubernetes_port$2"
}

# create_secret NAME VALUE
create_secret() {
  kubernetes POST /api/v1/namespaces/default/secrets "$(jq -cn --arg name "$1" --arg value "$2" \
    '{apiVersion: "v1", kind: "Secret", metadata: {name: $name}, stringData: {value: $value}}')" >/dev/null
}

read_secret() {
  kubernetes GET "/api/v1/namespaces/default/secrets/$1" | jq -r '.data.value | @base64d'
}

show_stored() {
  etcdctl --endpoints "$etcd" get --print-value-only "/registry/secrets/default/$1" >"$dir/stored"
  head -c 240 "$dir/stored" | tr -c '[:print:]' '.'
  echo " ..."
  head -c 29 "$dir/stored" | grep -qF "k8s:enc:kms:v2:openbao:"
}

show_first_secret() {
  start_etcd
  prepare_kube_apiserver
  # The namespace is made by kube-apiserver itself, moments after it is ready.
  start_kube_apiserver
  until_true 30 kubernetes GET /api/v1/namespaces/default
  create_secret first "the password of the database"
  echo "in etcd: $(show_stored first)"
  doing="look for the plaintext in etcd"
  ! grep -qF "the password" "$dir/stored"
  [ "$(read_secret first)" = "the password of the database" ]
  echo "from kube-apiserver: $(read_secret first)"
  echo "a Secret is encrypted $(seconds_since "$began") after the start of this script," \
    "$(seconds_since "$running") after the build"
}

# A new kube-apiserver knows no data key and has the old one decrypted.
show_secrets_after_rotation() {
  stop KILL "$kube_apiserver" 2>/dev/null || true # as after a loss of power
  start_kube_apiserver
  [ "$(read_secret first)" = "the password of the database" ]
  echo "a restarted kube-apiserver still reads: $(read_secret first)"
  create_secret second "the password of the mail server"
  "$bin/bao-kms-provider" key-usage --config "$dir/config.yaml" --allow-socket-parent "$dir" \
    --etcd-endpoints "$etcd" --encryption-config "$dir/kubernetes/encryption-config.yaml"
}
