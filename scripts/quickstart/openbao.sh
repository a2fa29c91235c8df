# Sourced by quickstart.sh: a real OpenBao with storage in memory, set up as its operator does it. Sets address, ca,
# root_token, mount, key, role, issuer, audience and jwt_file, as start_emulator does.

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# mint_jwt KEY-FILE CLAIMS: RS256.
mint_jwt() {
  local input
  input=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url).$(printf '%s' "$2" | base64url)
  printf '%s.%s' "$input" "$(printf '%s' "$input" | openssl dgst -sha256 -sign "$1" -binary | base64url)"
}

make_certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=quickstart CA" \
    -keyout "$dir/server/ca.key" -out "$dir/server/ca.pem" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
  openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" \
    -keyout "$dir/server/tls.key" -out "$dir/server/tls.csr"
  openssl x509 -req -days 1 -in "$dir/server/tls.csr" -CA "$dir/server/ca.pem" \
    -CAkey "$dir/server/ca.key" -CAcreateserial -out "$dir/server/tls.pem" \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
}

start_openbao() {
  mount=transit key=k8s-quickstart role=bao-kms
  issuer=https://issuer.quickstart.invalid audience=openbao
  mkdir "$dir/server"
  make_certificates >"$dir/openssl.log" 2>&1
  local port
  port=$(free_port)
  address=https://127.0.0.1:$port ca=$dir/server/ca.pem
  cat >"$dir/server/config.hcl" <<EOF
storage "inmem" {}
listener "tcp" {
  address       = "127.0.0.1:$port"
  tls_cert_file = "$dir/server/tls.pem"
  tls_key_file  = "$dir/server/tls.key"
}
api_addr = "$address"
EOF
  "$bao" server -config="$dir/server/config.hcl" >"$dir/openbao.log" 2>&1 &
  pids+=($!)
  export BAO_ADDR=$address BAO_CACERT=$ca
  until_true 30 curl -sS --cacert "$ca" "$address/v1/sys/seal-status"
  "$bao" operator init -key-shares=1 -key-threshold=1 -format=json >"$dir/server/init.json"
  "$bao" operator unseal "$(jq -r '.unseal_keys_b64[0]' "$dir/server/init.json")" >/dev/null
  root_token=$(jq -r .root_token "$dir/server/init.json")
  until_true 30 api GET sys/mounts
  set_up_openbao >"$dir/setup.log"
}

# As an operator does it: the key, no upsert, a least-privilege policy, JWT logins.
set_up_openbao() {
  export BAO_TOKEN=$root_token
  "$bao" secrets enable -path="$mount" transit
  "$bao" write -f "$mount/keys/$key"
  "$bao" write "$mount/config/keys" disable_upsert=true
  "$bao" policy write bao-kms - <<EOF
path "$mount/keys/$key" { capabilities = ["read"] }
path "$mount/encrypt/$key" { capabilities = ["update"] }
path "$mount/decrypt/$key" { capabilities = ["update"] }
path "$mount/config/keys" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
EOF
  openssl genrsa -out "$dir/server/issuer.key" 2048 2>/dev/null
  openssl rsa -in "$dir/server/issuer.key" -pubout -out "$dir/server/issuer.pem" 2>/dev/null
  "$bao" auth enable jwt
  "$bao" write auth/jwt/config jwt_validation_pubkeys=@"$dir/server/issuer.pem" bound_issuer="$issuer"
  "$bao" write "auth/jwt/role/$role" role_type=jwt user_claim=sub bound_audiences="$audience" \
    bound_subject=bao-kms-provider token_policies=bao-kms token_ttl=30m token_max_ttl=1h \
    token_no_default_policy=true
  unset BAO_TOKEN
  local now
  now=$(date +%s)
  jwt_file=$dir/server/identity.jwt
  mint_jwt "$dir/server/issuer.key" "$(jq -cn --arg iss "$issuer" --arg aud "$audience" \
    --argjson now "$now" '{iss:$iss,aud:$aud,sub:"bao-kms-provider",iat:$now,nbf:$now,exp:($now+86400)}')" \
    >"$jwt_file"
}
