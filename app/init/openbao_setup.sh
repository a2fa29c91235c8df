# The variables above are this bundle's own; the rest of the script is the same in every bundle.
set -euo pipefail
IFS=$' \t\n'
unset CDPATH
export LC_ALL=C

# Settings that `bao` takes from the environment, other than the address and the login.
unset VAULT_NAMESPACE BAO_NAMESPACE VAULT_FORMAT BAO_FORMAT VAULT_WRAP_TTL BAO_WRAP_TTL
if [ -n "$namespace" ]; then
  export BAO_NAMESPACE="$namespace"
fi
if [ -z "${BAO_ADDR:-}${VAULT_ADDR:-}" ]; then
  export BAO_ADDR="$address"
fi

usage() {
  cat <<'END'
usage: openbao-setup.sh PHASE [OPTION...]

Sets up what the provider of this bundle needs in OpenBao. Run it where the `bao` program is logged
in to OpenBao as an administrator (BAO_TOKEN or `bao login`; BAO_CACERT for a private CA; BAO_ADDR
is taken from the bundle when it is not set). Every phase can be run again: it leaves correct items
unchanged, and it reports existing items that differ but never changes them.

phases:
  all          every phase below, in this order
  transit      the Transit mount, its disable_upsert, and the key
  policy       the provider's policy (openbao-policy.hcl)
  auth-mount   the auth method
  auth-config  the issuers whose credentials it trusts
  auth-role    which identities may log in, and with which policy

options for a JWT login (phases all and auth-config); one of the first three is required unless
auth-config is already set up:
  --jwt-public-key FILE     the issuer's public key in PEM; may be given several times
  --jwks-url URL            the URL at which the issuer publishes its keys
  --oidc-discovery-url URL  an issuer with OpenID Connect discovery
  --issuer-ca FILE          CA certificates for that URL

options for a certificate login (phases all and auth-role):
  --client-ca FILE          CA certificates that the nodes' certificates chain to
  --allowed-common-name NAME  a node's Common Name; may be given several times (not with
                            SPIFFE)
END
}

say() { printf '%s\n' "$1"; }

fail() {
  printf 'openbao-setup: %s\n' "$1" >&2
  exit 1
}

refuse_usage() {
  printf 'openbao-setup: %s\nSee openbao-setup.sh --help.\n' "$1" >&2
  exit 2
}

# --- texts and JSON -------------------------------------------------------------------------------

# Prints a text in the JSON format of `bao`.
json_string() {
  local text=$1
  case $text in
    *[[:cntrl:]]*) refuse_usage 'a value must not contain control characters' ;;
  esac
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//</\\u003c}
  text=${text//>/\\u003e}
  text=${text//&/\\u0026}
  printf '"%s"' "$text"
}

# Prints a PEM file in the JSON format of `bao`. Refuses a private key given by mistake.
json_pem() {
  local file=$1 kind=$2 text
  if [ ! -f "$file" ] || [ ! -r "$file" ]; then
    fail "cannot read the file given for the $kind"
  fi
  text=$(tr -d '\r' <"$file")
  case $text in
    *'PRIVATE KEY'*) fail "the file given for the $kind contains a private key; give public data" ;;
    *[!A-Za-z0-9+/=$' \n-']*) fail "the file given for the $kind is not pure PEM" ;;
    *"-----BEGIN $kind-----"*) ;;
    *) fail "the file given contains no PEM $kind (-----BEGIN $kind-----)" ;;
  esac
  printf '"%s"' "${text//$'\n'/\\n}"
}

# Prints its arguments, each of them JSON, as a list in the format of `bao`.
json_list() {
  local list='[' separator='' item
  if [ $# -eq 0 ]; then
    printf '[]'
    return
  fi
  for item in "$@"; do
    list+="$separator"$'\n'"  $item"
    separator=,
  done
  printf '%s\n]' "$list"
}

# Prints an object of its arguments: name, JSON value, name, JSON value ...; omits null values.
json_object() {
  local object='{' separator=''
  while [ $# -gt 0 ]; do
    if [ "$2" != null ]; then
      object+="$separator\"$1\": $2"
      separator=', '
    fi
    shift 2
  done
  printf '%s}' "$object"
}

# --- reading from and writing to OpenBao ----------------------------------------------------------

# Reads a field into `found`, as JSON; null when the object has no such field. 1: no such object.
look() {
  local path=$1 field=$2 code=0 said
  found=$(bao read -format=json -field="$field" -- "$path" 2>"$scratch/said") || code=$?
  [ "$code" -ne 0 ] || return 0
  said=$'\n'$(cat "$scratch/said")
  found=null
  case $said in
    *$'\nField "'*'" not present in secret'*) return 0 ;;
    *$'\nNo value found at '* | *$'\n* No secret engine mount at '* | *$'\n* No auth engine at '*)
      return 1
      ;;
  esac
  cat "$scratch/said" >&2
  fail 'OpenBao could not be read: see above; check BAO_ADDR, BAO_CACERT and your login'
}

# The arguments after `what` and `path` are name, JSON value, ... that the object must have.
require_equal() {
  local what=$1 path=$2 differs=''
  shift 2
  while [ $# -gt 0 ]; do
    look "$path" "$1" || fail "$what disappeared while it was being checked"
    # A field that is not shown is not set.
    case $found:$2 in
      "$2:$2" | 'null:[]' | 'null:""' | 'null:false' | 'null:0' | '[]:null' | '{}:null') ;;
      *) differs+=$'\n'"  $1 is $found; this bundle has $2" ;;
    esac
    shift 2
  done
  [ -z "$differs" ] || fail "$what already exists and differs; nothing was changed.$differs
Find out who uses it. If it may be changed, change it by hand and run this phase again; otherwise
create a bundle with another name or mount."
}

# Writes JSON to a path.
put() {
  printf '%s' "$2" | bao write -format=json -- "$1" - >"$scratch/out" ||
    fail "OpenBao refused to write $3: see above"
}

# --- phases ---------------------------------------------------------------------------------------

# The settings of a new key, and those that every key must have (transit.profile of `doctor`).
key_body=(type '"aes256-gcm96"' exportable false allow_plaintext_backup false derived false)
key_settings=("${key_body[@]}" deletion_allowed false supports_encryption true
  supports_decryption true)

# Records which key a run of this script created: fingerprint and creation time.
made_file=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/openbao-setup.made

# Creation time of version 1 of the key, in Unix seconds; empty when OpenBao no longer shows it.
creation_time() {
  look "$transit_mount/keys/$key_name" keys || return 0
  if [[ $found =~ \"1\":\ ?([0-9]+) ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  fi
}

phase_transit() {
  if look "sys/mounts/$transit_mount" type; then
    [ "$found" = '"transit"' ] || fail "the mount of transit.mountPath already exists and is of \
type $found, not transit; nothing was changed. Create a bundle with another transit.mountPath."
  else
    bao secrets enable -path="$transit_mount" transit >"$scratch/out"
    say 'transit: mount created'
  fi
  refuse_upsert
  make_key
}

# Without it, an encrypt for a mistyped name creates a key.
refuse_upsert() {
  look "$transit_mount/config/keys" disable_upsert || found=null
  [ "$found" != true ] || return 0
  local keys
  if ! keys=$(bao list -format=json -- "$transit_mount/keys" 2>"$scratch/said") &&
    [ "$keys" != '{}' ]; then
    cat "$scratch/said" >&2
    fail 'the keys of the Transit mount could not be listed: see above'
  fi
  [ "$keys" = '{}' ] || fail "the Transit mount has keys and disable_upsert=false; nothing was \
changed. If nothing relies on encrypt to create keys, set it, and run this phase again:
  bao write $(printf '%q' "$transit_mount/config/keys") disable_upsert=true"
  put "$transit_mount/config/keys" '{"disable_upsert": true}' 'disable_upsert'
  say 'transit: disable_upsert set'
}

# Whether an earlier run of this script created the key. OpenBao lists only the versions from
# min_decryption_version on: when version 1 is hidden, its creation time cannot be compared.
is_key_made_here() {
  local made recorded=
  made=$(creation_time)
  [ ! -f "$made_file" ] || recorded=$(cat "$made_file")
  case $recorded in
    "$fingerprint $made") return 0 ;;
    "$fingerprint "*) [ -z "$made" ] || return 1 ;;
    *) return 1 ;;
  esac
  say 'transit: version 1 of the key is hidden by min_decryption_version; its creation time was not
compared with the one that this script recorded'
}

make_key() {
  local made
  if look "$transit_mount/keys/$key_name" type; then
    if [ "$new_key" = true ]; then
      if ! is_key_made_here; then
        fail 'the Transit key already exists, but this bundle was created with --new-key, for a
key that does not. Nothing was changed. If an earlier run of this script created the key, from a
copy of the bundle, continue with the phases after this one. If the key is older, create a bundle
with its keyLineageId instead of --new-key, or with another transit.keyName.'
      fi
    fi
    require_equal 'the Transit key' "$transit_mount/keys/$key_name" "${key_settings[@]}"
    say 'transit: the key exists and meets the required profile'
    return
  fi
  [ "$new_key" = true ] || fail 'the Transit key does not exist, but this bundle is for an
existing key: keyLineageId was given. For a first key create a bundle with --new-key; a lost key can
only be restored from a backup of OpenBao.'
  put "$transit_mount/keys/$key_name" "$(json_object "${key_body[@]}")" 'the Transit key'
  require_equal 'the Transit key' "$transit_mount/keys/$key_name" "${key_settings[@]}"
  made=$(creation_time)
  if ! printf '%s %s\n' "$fingerprint" "$made" 2>/dev/null >"$made_file"; then
    say 'transit: this script cannot record that it created the key; a second run will refuse it'
  fi
  say 'transit: key created'
}

phase_policy() {
  local there code=0
  there=$(bao policy read -- "$policy_name" 2>"$scratch/said") || code=$?
  if [ "$code" -eq 0 ]; then
    [ "$there" = "$policy" ] || fail "the policy already exists and differs from openbao-policy.hcl; \
nothing was changed. If it may be changed:
  bao policy write $(printf '%q' "$policy_name") openbao-policy.hcl"
    say 'policy: exists and matches this bundle'
    return
  fi
  case $'\n'$(cat "$scratch/said") in
    *$'\nNo policy named: '*) ;;
    *)
      cat "$scratch/said" >&2
      fail 'the policy could not be read: see above'
      ;;
  esac
  printf '%s\n' "$policy" | bao policy write -- "$policy_name" - >"$scratch/out" ||
    fail 'OpenBao refused the policy: see above'
  say 'policy: created'
}

phase_auth_mount() {
  if look "sys/$auth_mount" type; then
    [ "$found" = "\"$auth_method\"" ] || fail "the auth method at that path already exists and is of \
type $found, not $auth_method; nothing was changed. Create a bundle with another auth mount."
    say "auth-mount: exists, of type $auth_method"
    return
  fi
  bao auth enable -path="${auth_mount#auth/}" "$auth_method" >"$scratch/out"
  say 'auth-mount: created'
}

# Fills `trust` from the options for the issuer; it stays empty when none is given.
read_trust() {
  trust=()
  local ca=null key keys=()
  if [ -n "$issuer_ca" ]; then
    ca=$(json_pem "$issuer_ca" CERTIFICATE) || exit
  fi
  if [ "${#jwt_public_keys[@]}" -gt 0 ]; then
    for key in "${jwt_public_keys[@]}"; do
      key=$(json_pem "$key" 'PUBLIC KEY') || exit
      keys+=("$key")
    done
    trust=(jwt_validation_pubkeys "$(json_list "${keys[@]}")")
  elif [ -n "$jwks_url" ]; then
    trust=(jwks_url "$(json_string "$jwks_url")" jwks_ca_pem "$ca")
  elif [ -n "$oidc_discovery_url" ]; then
    trust=(oidc_discovery_url "$(json_string "$oidc_discovery_url")" oidc_discovery_ca_pem "$ca")
  fi
}

phase_auth_config() {
  if [ "$auth_method" = cert ]; then
    say 'auth-config: nothing to configure for a certificate login'
    return
  fi
  read_trust
  if look "$auth_mount/config" bound_issuer; then
    require_equal 'the configuration of the auth method' "$auth_mount/config" \
      bound_issuer "$issuer" ${trust[@]+"${trust[@]}"}
    say 'auth-config: exists and matches this bundle'
    return
  fi
  [ "${#trust[@]}" -gt 0 ] || need_trust
  put "$auth_mount/config" "$(json_object bound_issuer "$issuer" "${trust[@]}")" \
    'the configuration of the auth method'
  say 'auth-config: created'
}

need_trust() {
  fail 'the keys that sign the nodes'\'' JWTs are required: give --jwt-public-key FILE, --jwks-url URL or
--oidc-discovery-url URL'
}

phase_auth_role() {
  local path="$auth_mount/role/$role" settings=("${role_settings[@]}") name names=()
  if [ "$auth_method" = cert ]; then
    path="$auth_mount/certs/$role"
    if [ "${#common_names[@]}" -gt 0 ]; then
      for name in "${common_names[@]}"; do
        names+=("$(json_string "$name")")
      done
      settings+=(allowed_common_names "$(json_list "${names[@]}")")
    fi
    if [ -n "$client_ca" ]; then
      name=$(json_pem "$client_ca" CERTIFICATE) || exit
      settings+=(certificate "$name")
    fi
  fi
  if look "$path" token_policies; then
    require_equal 'the role' "$path" "${settings[@]}"
    say 'auth-role: exists and matches this bundle'
    return
  fi
  [ "$auth_method" = jwt ] || need_client_ca
  put "$path" "$(json_object "${settings[@]}")" 'the role'
  say 'auth-role: created'
}

need_client_ca() {
  [ -n "$client_ca" ] || fail 'the CA that the nodes'\'' certificates chain to is required: give
--client-ca FILE'
  [ "$common_names_needed" = false ] || [ "${#common_names[@]}" -gt 0 ] ||
    fail 'the nodes that may log in are required: give --allowed-common-name NAME for each'
}

# Checks, before `all` changes anything, that its last phases have the options they need.
check_answers() {
  if [ "$auth_method" = jwt ]; then
    read_trust
    [ "${#trust[@]}" -eq 0 ] || return 0
    if ! look "sys/$auth_mount" type || ! look "$auth_mount/config" bound_issuer; then
      need_trust
    fi
  else
    if [ -n "$client_ca" ]; then
      json_pem "$client_ca" CERTIFICATE >"$scratch/out"
    fi
    if ! look "sys/$auth_mount" type || ! look "$auth_mount/certs/$role" token_policies; then
      need_client_ca
    fi
  fi
}

# --- the command line -----------------------------------------------------------------------------

phase=''
jwt_public_keys=()
jwks_url=''
oidc_discovery_url=''
issuer_ca=''
client_ca=''
common_names=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help | help)
      usage
      exit 0
      ;;
    --jwt-public-key | --jwks-url | --oidc-discovery-url | --issuer-ca | --client-ca | \
      --allowed-common-name)
      [ -n "${2:-}" ] || refuse_usage "$1 needs a value"
      case $1 in
        --jwt-public-key) jwt_public_keys+=("$2") ;;
        --jwks-url) jwks_url=$2 ;;
        --oidc-discovery-url) oidc_discovery_url=$2 ;;
        --issuer-ca) issuer_ca=$2 ;;
        --client-ca) client_ca=$2 ;;
        --allowed-common-name) common_names+=("$2") ;;
      esac
      shift 2
      ;;
    -*) refuse_usage "unknown option $1" ;;
    *)
      [ -z "$phase" ] || refuse_usage 'give only one phase'
      phase=$1
      shift
      ;;
  esac
done

sources=0
[ "${#jwt_public_keys[@]}" -eq 0 ] || sources=$((sources + 1))
[ -z "$jwks_url" ] || sources=$((sources + 1))
[ -z "$oidc_discovery_url" ] || sources=$((sources + 1))
[ "$sources" -le 1 ] ||
  refuse_usage 'give one of --jwt-public-key, --jwks-url and --oidc-discovery-url'
[ -z "$issuer_ca" ] || [ -n "$jwks_url$oidc_discovery_url" ] ||
  refuse_usage '--issuer-ca is only for --jwks-url or --oidc-discovery-url'
if [ "$auth_method" = jwt ]; then
  [ -z "$client_ca${common_names[*]-}" ] ||
    refuse_usage '--client-ca and --allowed-common-name are only for a certificate login'
else
  [ "$sources" -eq 0 ] || refuse_usage 'the options for an issuer are only for a JWT login'
  [ "$common_names_needed" = true ] || [ "${#common_names[@]}" -eq 0 ] ||
    refuse_usage '--allowed-common-name is not for SPIFFE: the role allows the SPIFFE ID'
fi

case $phase in
  all | transit | policy | auth-mount | auth-config | auth-role) ;;
  '') refuse_usage 'no phase was given' ;;
  *) refuse_usage "unknown phase $phase" ;;
esac
command -v bao >/dev/null || fail 'the program bao (openbao.org) is not on PATH'
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

case $phase in
  all)
    check_answers
    phase_transit
    phase_policy
    phase_auth_mount
    phase_auth_config
    phase_auth_role
    ;;
  transit) phase_transit ;;
  policy) phase_policy ;;
  auth-mount) phase_auth_mount ;;
  auth-config) phase_auth_config ;;
  auth-role) phase_auth_role ;;
esac
