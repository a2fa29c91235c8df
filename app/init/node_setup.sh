# The variables above are this bundle's own; the rest of the script is the same in every bundle.
unset POSIXLY_CORRECT CDPATH TMPDIR
set -euo pipefail
IFS=$' \t\n'
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
umask 077

usage() {
  cat <<'END'
usage: node-setup.sh PHASE [OPTION...]

Installs the provider of this bundle on a control-plane node. Run it as root on the node, one phase
after the other. Each phase can be run again: it leaves correct items unchanged and reports items
that differ.

phases:
  prepare  creates the user, the groups and the directories
  install  puts the configuration, the CA certificates and the node's credential in place
  check    runs `bao-kms-provider doctor`, with the rights of the provider's user
  start    starts the provider and waits until it answers; needs a check that passed within the
           last hour

options of install:
  --ca FILE          OpenBao's CA certificates (PEM)
  --credential FILE  the node's login credential: its JWT, the OAuth 2.0 client secret, or with
                     PKCS#11 the certificate chain (PEM)
  --pin FILE         PKCS#11: the PIN of the token
  --issuer-ca FILE   OAuth 2.0: CA certificates of the authorization server (PEM)
  --replace          replace existing files that differ. The old file is kept in the same directory
                     with the time in its name; no copy of a credential is kept. Also an option of
                     start, for a static pod's manifest that differs.

options of check and start:
  --program FILE     the provider's program on this node [/usr/bin/bao-kms-provider]
  --encryption-config FILE  check: kube-apiserver's file, if it is not the one in this bundle
  --manifests DIR    start: kubelet's directory for static pods [/etc/kubernetes/manifests]
  --wait SECONDS     start: how long to wait for the provider to answer [180]

option of all phases:
  --root DIR         work on the system below DIR, for building images; start then enables the
                     provider for the next boot and does not wait
END
}

say() { printf '%s\n' "$1"; }

fail() {
  printf 'node-setup: %s\n' "$1" >&2
  exit 1
}

refuse_usage() {
  printf 'node-setup: %s\nRun `node-setup.sh --help`.\n' "$1" >&2
  exit 2
}

# --- paths ----------------------------------------------------------------------------------------

configuration_directory=/etc/openbao-kms
data_directory=/var/lib/openbao-kms
runtime_directory=/run/openbao-kms
config_file=$configuration_directory/config.yaml
manifest_file=$configuration_directory/bao-kms-provider.yaml
unit=bao-kms-provider.service
drop_in=/etc/systemd/system/$unit.d/node-setup.conf
# Written by `check` for `start`. The provider cannot write here, and a boot removes it.
record=/run/openbao-kms-setup.checked

parent_of() {
  local parent=${1%/*}
  printf '%s' "${parent:-/}"
}

# Whether $1 is $2 or below it.
is_below() { [ "$1" = "$2" ] || [[ $1 == "$2"/* ]]; }

# Whether root alone decides what is in the directory $1.
is_roots() {
  local owner group mode
  read -r owner group mode < <(stat -c '%u %g %a' -- "$1") || return 1
  [ "$owner" = 0 ] && (((8#$mode & 8#2) == 0)) && { (((8#$mode & 8#20) == 0)) || [ "$group" = 0 ]; }
}

# find_place PATH [FOLLOW]: sets `place` to where PATH leads below the root, and `roots_way` to whether
# root alone decides that it leads there: yes or no. A link is followed only where root made it and
# nobody else could have, never below --root, which it could lead out of, and as the last part only
# with FOLLOW.
find_place() {
  local path=$1 last=${2:-} rest=${1#/} part directory target
  place=''
  roots_way=yes
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    if [ "$part" = "$rest" ]; then rest=''; else rest=${rest#*/}; fi
    case $part in
      '' | . | ..) fail "the path $path has an empty part, '.' or '..'; correct it in the values file" ;;
    esac
    directory=$root$place
    # The root of an image belongs to whoever builds it.
    [ "$directory" = "$root" ] && [ -n "$root" ] || [ ! -d "${directory:-/}" ] ||
      is_roots "${directory:-/}" || roots_way=no
    if [ -L "$directory/$part" ]; then
      [ -z "$root" ] && [ -n "$rest$last" ] && [ "$roots_way" = yes ] &&
        [ "$(stat -c '%u' -- "$directory/$part")" = 0 ] &&
        target=$(readlink -e -- "$directory/$part") ||
        fail "$directory/$part is a symbolic link; replace it with its target"
      target=${target#/}
      rest=$target${rest:+${target:+/}$rest}
      last=''
      place=''
    else
      place+=/$part
    fi
  done
}

# For a subshell: makes PATH the current directory, if that is where it leads. What is done to `.`
# cannot be led elsewhere by a user who owns a directory on the way and changes it meanwhile.
enter() {
  local there
  find_place "$1" FOLLOW
  there=$root$place
  cd -P -- "${there:-/}" && [ "$(env pwd -P)" = "${there:-/}" ] ||
    fail "the way to $1 changed meanwhile; find out what changed it, then try again"
}

# --- users and groups -----------------------------------------------------------------------------

# The line of NAME in `passwd` or `group` of the system below the root.
entry_of() {
  local line
  if [ -z "$root" ]; then
    getent "$1" -- "$2" || return 1
    return
  fi
  while IFS= read -r line; do
    if [ "${line%%:*}" = "$2" ]; then
      printf '%s\n' "$line"
      return
    fi
  done <"$root/etc/$1"
  return 1
}

# Finds the numeric ids of the provider's user and group, and of the socket's group. 1: one of them
# does not exist.
find_ids() {
  local entry
  if [ "$model" = static-pod ]; then
    uid=$runtime_user
    gid=$runtime_user
  else
    entry=$(entry_of passwd "$runtime_user") || return 1
    IFS=: read -r _ _ uid _ <<<"$entry"
    entry=$(entry_of group "$runtime_user") || return 1
    IFS=: read -r _ _ gid _ <<<"$entry"
  fi
  if [[ $socket_group =~ ^[0-9]+$ ]]; then
    socket_gid=$socket_group
  else
    entry=$(entry_of group "$socket_group") || return 1
    IFS=: read -r _ _ socket_gid _ <<<"$entry"
  fi
}

make_group() {
  ! entry_of group "$1" >/dev/null || return 0
  groupadd ${root:+--prefix "$root"} --system -- "$1" ||
    fail "the group $1 could not be created: see above"
  say "group $1: created"
}

make_users() {
  if [ "$model" = systemd ]; then
    make_group "$runtime_user"
    if ! entry_of passwd "$runtime_user" >/dev/null; then
      useradd ${root:+--prefix "$root"} --system --gid "$runtime_user" --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin -- "$runtime_user" ||
        fail "the user $runtime_user could not be created: see above"
      say "user $runtime_user: created"
    fi
  fi
  [[ $socket_group =~ ^[0-9]+$ ]] || make_group "$socket_group"
  find_ids || fail 'the user or a group still does not exist; check /etc/nsswitch.conf'
  [ "$uid" != 0 ] && [ "$gid" != 0 ] ||
    fail "the user or group $runtime_user has id 0; the provider must not run as root"
}

# --- directories and files ------------------------------------------------------------------------

# Sets the mode and owner of the current directory; 1: they were already set. Five digits also clear
# a set-group-id bit.
settle_here() {
  [ "$(stat -c '%a %u:%g' .)" != "$1 $2" ] || return 1
  chown -h -- "$2" . && chmod -- "$(printf '%05d' "$1")" . ||
    fail 'the owner and mode of a directory cannot be set: see above'
}

# settle_directory PATH MODE OWNER: the same for PATH.
settle_directory() {
  local status=0
  (enter "$1" && { settle_here "$2" "$3" || exit 3; }) || status=$?
  [ "$status" = 0 ] || [ "$status" = 3 ] || exit 1
  [ "$status" = 0 ]
}

# settle_file PATH MODE OWNER, in a directory where only root can plant a link (require_place).
settle_file() {
  [ "$(stat -c '%a %u:%g' -- "$root$1")" != "$2 $3" ] || return 1
  { chown -h -- "$3" "$root$1" && chmod -- "$(printf '%05d' "$2")" "$root$1"; } ||
    fail "the owner and mode of $1 cannot be set: see above"
}

# Makes the directories above PATH that are missing, one by one.
make_way() {
  local parent
  parent=$(parent_of "$1")
  [ ! -d "$root$parent" ] || return 0
  make_way "$parent"
  (enter "$(parent_of "$parent")" && umask 022 && mkdir -- "${parent##*/}") || exit 1
}

declare -A settled=()

# make_directory PATH MODE OWNER. Only the first call for a path has an effect. It leaves an existing
# directory outside the provider's own directories unchanged, because something else owns it.
make_directory() {
  local path=$1 mode=$2 owner=$3
  [ -z "${settled[$path]:-}" ] || return 0
  settled[$path]=yes
  find_place "$path"
  if [ -e "$root$path" ]; then
    [ -d "$root$path" ] || fail "$path exists but is not a directory; move it away"
    is_own "$path" || return 0
    if settle_directory "$path" "$mode" "$owner"; then
      say "directory $path: corrected to $mode $owner"
    fi
    return
  fi
  make_way "$path"
  (enter "$(parent_of "$path")" && mkdir -- "${path##*/}") || exit 1
  settle_directory "$path" "$mode" "$owner" || true
  say "directory $path: created"
}

is_own() {
  is_below "$1" "$configuration_directory" || is_below "$1" "$data_directory" ||
    is_below "$1" "$runtime_directory"
}

# A directory that the provider writes to. A wrong one outside its own directories is reported.
make_provider_directory() {
  local path=$1 mode=$2 owner=$3
  make_directory "$path" "$mode" "$owner"
  [ "$(stat -c '%a %u:%g' -- "$root$path")" = "$mode $owner" ] ||
    fail "the directory $path exists but has the wrong owner or mode. If nothing else uses it:
  chown -h $owner $(printf '%q' "$root$path") && chmod $mode $(printf '%q' "$root$path")
If something else does, set another directory in the values file and create the bundle again."
}

socket_directory() {
  local directory
  directory=$(parent_of "$socket_path")
  case $directory in
    /var/run/*) directory=${directory#/var} ;;  # same place; in an image the link leads outside
  esac
  printf '%s' "$directory"
}

# The socket's directory and its parents that are the provider's own, topmost first.
socket_directories() {
  local directory rest
  directory=$(socket_directory)
  if is_below "$directory" "$runtime_directory"; then
    rest=${directory#"$runtime_directory"}
    directory=$runtime_directory
    printf '%s\n' "$directory"
    while [ -n "$rest" ]; do
      rest=${rest#/}
      directory+=/${rest%%/*}
      printf '%s\n' "$directory"
      if [[ $rest == */* ]]; then rest=/${rest#*/}; else rest=''; fi
    done
  else
    printf '%s\n' "$directory"
  fi
}

# Checks whether PATH may get the content of SOURCE; if not, fails without changing anything.
require_place() {
  local source=$1 path=$2 directory
  directory=$(parent_of "$path")
  find_place "$path"
  [ -d "$root$directory" ] || fail "the directory $directory is missing; run node-setup.sh prepare"
  [ "$roots_way" = yes ] ||
    fail "$path is in or below a directory whose content another user than root can replace; with a link
there that user could have root write elsewhere. Put the file there as that user, or set another
path in the values file and create the bundle again."
  [ -e "$root$path" ] || return 0
  [ -f "$root$path" ] || fail "$path exists but is not a regular file; move it away"
  [ "$replace" = true ] || cmp -s -- "$source" "$root$path" ||
    fail "$path exists and differs; it was not changed. Compare:
  diff $(printf '%q' "$root$path") $(printf '%q' "$source")
If the new one is right, run node-setup.sh $phase again with --replace."
}

# put SOURCE PATH MODE OWNER KEEP|FORGET: writes SOURCE to PATH atomically. KEEP: a replaced file is
# kept in the same directory under another name.
put() {
  local source=$1 path=$2 mode=$3 owner=$4 before=$5 directory temporary old
  require_place "$source" "$path"
  directory=$(parent_of "$path")
  rm -f -- "$root$directory"/.node-setup.??????  # left by an interrupted run
  if [ -e "$root$path" ]; then
    if cmp -s -- "$source" "$root$path"; then
      if settle_file "$path" "$mode" "$owner"; then say "$path: corrected to $mode $owner"; fi
      return
    fi
    if [ "$before" = KEEP ]; then
      old=$path.before-$(date -u +%Y%m%dT%H%M%SZ)
      [ -e "$root$old" ] || ln -- "$root$path" "$root$old"
      say "$path: the old file is kept as $old"
    fi
  fi
  temporary=$(mktemp -- "$root$directory/.node-setup.XXXXXX")
  cat -- "$source" >"$temporary"
  chown -h -- "$owner" "$temporary"
  chmod -- "$(printf '%05d' "$mode")" "$temporary"
  sync -- "$temporary"
  mv -fT -- "$temporary" "$root$path"
  sync -- "$root$directory"
  say "$path: written"
}

# --- prepare --------------------------------------------------------------------------------------

phase_prepare() {
  local directory directories
  make_users
  mapfile -t directories < <(socket_directories)
  for directory in "${directories[@]}"; do
    make_provider_directory "$directory" 2750 "$uid:$socket_gid"
  done
  make_provider_directory "$(parent_of "$state_file")" 750 "$uid:$gid"
  make_directory "$configuration_directory" 750 "0:$gid"
  make_directory "$configuration_directory/tls" 755 0:0
  make_directory "$data_directory" 750 "0:$gid"
  for_each_file make_directory_of
  keep_directories "${directories[@]}"
  say 'prepared. Next: node-setup.sh install'
}

# keep_directories SOCKET-DIRECTORY...: has each boot make them again, because it empties /run. The
# package's own file makes the same directories for the default user and group, also on a node whose
# provider is a static pod; this file comes before it, and of two lines for one path the first counts.
keep_directories() {
  local directory lines='' state
  state=$(parent_of "$state_file")
  for directory in "$@"; do
    ! is_below "$directory" /run || lines+="d $directory 2750 $uid $socket_gid -"$'\n'
  done
  lines+="d $configuration_directory 0750 0 $gid -"$'\n'
  lines+="d $data_directory 0750 0 $gid -"$'\n'
  [ "$state" != "$data_directory/state" ] || lines+="d $state 0750 $uid $gid -"$'\n'
  make_directory /etc/tmpfiles.d 755 0:0
  printf '# Written by node-setup.sh of bao-kms-provider: its directories, for its user and group.\n%s' \
    "$lines" >"$scratch/tmpfiles"
  replace=true put "$scratch/tmpfiles" /etc/tmpfiles.d/bao-kms-provider-node.conf 644 0:0 FORGET
}

make_directory_of() {
  local path=$1 kind=$4
  if [ "$kind" = CERTIFICATES ]; then
    make_directory "$(parent_of "$path")" 755 0:0
  else
    make_directory "$(parent_of "$path")" 750 "0:$gid"
  fi
}

# --- install --------------------------------------------------------------------------------------

# Calls $1 for each file that the node needs: path, option, the value of that option, kind.
for_each_file() {
  "$1" "$ca_file" --ca "$ca" CERTIFICATES
  [ -z "$issuer_ca_file" ] || "$1" "$issuer_ca_file" --issuer-ca "$issuer_ca" CERTIFICATES
  [ -z "$credential_file" ] || "$1" "$credential_file" --credential "$credential" "$credential_kind"
  [ -z "$pin_file" ] || "$1" "$pin_file" --pin "$pin" SECRET
}

# Checks a file before anything is changed.
look_at_file() {
  local path=$1 option=$2 given=$3 kind=$4 file mode
  if [ -n "$given" ]; then
    file=$given
    [ -f "$file" ] && [ -r "$file" ] || fail "the file given with $option cannot be read"
    require_place "$file" "$path"
  else
    find_place "$path"
    file=$root$path
    [ -e "$file" ] || fail "$path is missing; give it with $option FILE, or create it there"
    [ -f "$file" ] || fail "$path exists but is not a regular file; move it away"
  fi
  [ -s "$file" ] || fail "the file for $option is empty"
  mode=$(stat -Lc '%a' -- "$file")
  case $kind in
    SECRET)
      [ "${mode: -1}" != 0 ] || return 0
      [ -n "$given" ] || fail "$path is open to every user, so it is no longer secret. Get a new one
and give it with $option FILE --replace; the process that renews it must write it with mode 0640."
      say "note: the file given with $option is open to every user; remove it when you are done"
      ;;
    *)
      grep -q -- '-----BEGIN CERTIFICATE-----' "$file" ||
        fail "the file for $option contains no PEM certificate (-----BEGIN CERTIFICATE-----)"
      ! grep -q -- 'PRIVATE KEY-----' "$file" ||
        fail "the file for $option contains a private key; give only certificates"
      ;;
  esac
}

# An existing file that was not given stays as it was written; `check` validates it.
put_file() {
  local path=$1 given=$3 kind=$4
  [ -n "$given" ] || return 0
  case $kind in
    CERTIFICATES) put "$given" "$path" 644 0:0 KEEP ;;
    *) put "$given" "$path" 640 "0:$gid" FORGET ;;
  esac
}

need_prepared() {
  find_ids && [ -d "$root$configuration_directory" ] && [ -d "$root$data_directory" ] &&
    [ -d "$root$(socket_directory)" ] ||
    fail 'this node is not prepared; run node-setup.sh prepare'
}

phase_install() {
  local name names=(config.yaml encryption-config.yaml encryption-config-readers.yaml
    encryption-config-without-identity.yaml)
  need_prepared
  [ -n "$credential_file" ] || [ -z "$credential" ] ||
    fail 'this bundle logs in with an identity from a SPIFFE agent and takes no --credential'
  [ -n "$issuer_ca_file" ] || [ -z "$issuer_ca" ] ||
    fail 'the configuration sets no auth.jwt.oauth2.caCertFile, so --issuer-ca has no destination'
  [ -n "$pin_file" ] || [ -z "$pin" ] || fail '--pin is only for a login with PKCS#11'
  [ "$model" = systemd ] || names+=(bao-kms-provider.yaml)
  for name in "${names[@]}"; do
    [ -f "$bundle/$name" ] && [ ! -L "$bundle/$name" ] ||
      fail "$name is not in the directory of this script; copy the whole bundle"
    require_place "$bundle/$name" "$configuration_directory/$name"
  done
  for_each_file look_at_file
  # An earlier check does not apply to a new configuration.
  rm -f -- "$root$record"
  for_each_file put_file
  for name in "${names[@]}"; do
    put "$bundle/$name" "$configuration_directory/$name" 640 "0:$gid" KEEP
  done
  [ "$model" = static-pod ] || unit_file >/dev/null ||
    say "note: $unit is not installed yet; install the package bao-kms-provider before start"
  say 'installed. Next: node-setup.sh check'
}

unit_file() {
  local directory
  for directory in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    if [ -f "$root$directory/$unit" ]; then
      printf '%s' "$directory/$unit"
      return
    fi
  done
  return 1
}

# --- check ----------------------------------------------------------------------------------------

need_installed() {
  need_prepared
  [ -f "$root$config_file" ] || fail 'the configuration is not installed; run node-setup.sh install'
  if [ "$model" = static-pod ] && [ ! -f "$root$manifest_file" ]; then
    fail 'the manifest is not installed; run node-setup.sh install'
  fi
}

need_program() {
  [ -x "$root$program" ] && [ -f "$root$program" ] ||
    fail "the program $program is not on this node. Install the package bao-kms-provider (also for a
static pod, which it checks and probes from outside), or give the program with --program FILE"
}

# run_as UID GID GROUPS ARGUMENT...: runs the provider's program with an empty environment.
run_as() {
  local user=$1 group=$2 groups=$3
  shift 3
  env -i PATH="$PATH" chroot --userspec="$user:$group" --groups="$groups" "${root:-/}" \
    "$program" "$@" </dev/null
}

need_same_fingerprint() {
  local installed
  installed=$(run_as "$uid" "$gid" "$socket_gid" config fingerprint --config "$config_file") ||
    fail 'the provider could not read its configuration: see above; fix it with node-setup.sh install'
  [ "$installed" = "$fingerprint" ] ||
    fail 'the identity fingerprint of the installed configuration differs from that of this bundle.
Run install from the bundle for this cluster; data encrypted under one identity cannot be read under
the other'
}

# Digest of the files that a check is valid for.
digest() {
  local files=("$root$config_file")
  [ "$model" = systemd ] || files+=("$root$manifest_file")
  cat -- "${files[@]}" | sha256sum | cut -d ' ' -f 1
}

phase_check() {
  local arguments
  need_installed
  need_program
  rm -f -- "$root$record"
  need_same_fingerprint
  arguments=(doctor --config "$config_file" --encryption-config
    "${encryption_config:-$configuration_directory/encryption-config.yaml}")
  is_below "$(socket_directory)" "$runtime_directory" ||
    arguments+=(--allow-socket-parent "$(parent_of "$socket_path")")
  # Root alone may read kube-apiserver's file. When it has, doctor becomes the provider's user itself.
  run_as 0 0 0 "${arguments[@]}" ||
    fail 'the check failed; fix the reported problems and run node-setup.sh check again'
  printf '%s %s %s\n' "$fingerprint" "$(digest)" "$(date +%s)" >"$scratch/record"
  replace=true put "$scratch/record" "$record" 600 0:0 FORGET >/dev/null
  say 'checked. Next, within one hour: node-setup.sh start'
}

# --- start ----------------------------------------------------------------------------------------

need_checked() {
  local checked sum at age
  [ -f "$root$record" ] && [ ! -L "$root$record" ] ||
    fail 'no check has passed; run node-setup.sh check'
  read -r checked sum at <"$root$record" && [[ $at =~ ^[0-9]{1,12}$ ]] ||
    fail 'the record of the last check cannot be read; run node-setup.sh check again'
  [ "$checked" = "$fingerprint" ] ||
    fail 'the last check was for another identity fingerprint; run node-setup.sh check of this bundle'
  [ "$sum" = "$(digest)" ] ||
    fail 'the installed files have changed since the last check; run node-setup.sh check again'
  age=$(($(date +%s) - 10#$at))
  [ "$age" -ge 0 ] && [ "$age" -le 3600 ] ||
    fail 'the last check is older than an hour; run node-setup.sh check again'
}

phase_start() {
  need_installed
  need_checked
  if [ "$model" = static-pod ]; then
    [ -n "$root" ] || need_program
    start_static_pod
  else
    start_unit
  fi
  if [ -n "$root" ]; then
    say 'enabled for the next boot of this system'
    return
  fi
  await_answer
  say "The provider answers on $socket_path. Next:
- run node-setup.sh on the other control-plane nodes, and compare the key_id above (kms.key_id)
- when all nodes answer with the same key_id, node by node: give kube-apiserver
  $configuration_directory/encryption-config-readers.yaml; after every node has it, node by node:
  $configuration_directory/encryption-config.yaml
installation.json lists what is left to do."
}

# A word of a unit file that stands for $1 itself.
unit_word() {
  local word=$1
  word=${word//\\/\\\\}
  word=${word//\"/\\\"}
  word=${word//%/%%}
  printf '"%s"' "$word"
}

# Has the unit allow what this configuration needs beyond the defaults: a drop-in of this script's own,
# which goes when nothing is needed any more.
adapt_unit() {
  local directory state lines='' conditions=''
  directory=$(socket_directory)
  state=$(parent_of "$state_file")
  if ! is_below "$directory" "$runtime_directory"; then
    conditions="[Unit]
ConditionPathIsDirectory=
ConditionPathExists=$config_file
ConditionPathIsDirectory=$directory
"
    lines+="ExecStart=
ExecStart=/usr/bin/bao-kms-provider serve --config $config_file --allow-socket-parent $directory
ReadWritePaths=
ReadWritePaths=$directory -$data_directory/state
NoExecPaths=$directory
"
  fi
  [ "$state" = "$data_directory/state" ] ||
    lines+="ReadWritePaths=$(unit_word "-$state")"$'\n'"NoExecPaths=$(unit_word "-$state")"$'\n'
  if [ -z "$lines" ]; then
    [ ! -e "$root$drop_in" ] || { rm -f -- "$root$drop_in" && say "$drop_in: removed, it is no longer needed"; }
    return
  fi
  make_directory "$(parent_of "$drop_in")" 755 0:0
  printf '# Written by node-setup.sh of bao-kms-provider: what its configuration needs.\n%s[Service]\n%s' \
    "$conditions" "$lines" >"$scratch/drop-in"
  replace=true put "$scratch/drop-in" "$drop_in" 644 0:0 FORGET
}

start_unit() {
  unit_file >/dev/null ||
    fail "$unit is not installed; install the package bao-kms-provider, then run start again"
  adapt_unit
  if [ -n "$root" ]; then
    systemctl --root="$root" enable "$unit" || fail "$unit could not be enabled: see above"
    return
  fi
  need_program
  systemctl daemon-reload
  if systemctl is-active --quiet "$unit"; then
    say "note: $unit is already running; a changed configuration takes effect after: systemctl restart $unit"
  fi
  systemctl enable --now "$unit" ||
    fail "$unit did not start; see its log: journalctl -u $unit -n 50"
}

start_static_pod() {
  # An image's own systemd, or this machine's.
  ! unit_file >/dev/null || ! systemctl ${root:+--root="$root"} is-enabled --quiet "$unit" ||
    fail "$unit is enabled on this node, and would be a second provider beside the static pod. Run:
  systemctl disable --now $unit"
  [ -d "$root$manifests" ] ||
    fail "$manifests is missing; give kubelet's staticPodPath with --manifests DIR"
  # Keep no copy there: kubelet would run it, too.
  put "$root$manifest_file" "$manifests/bao-kms-provider.yaml" 600 0:0 FORGET
}

# Probes as a member of the socket's group, as kube-apiserver may be.
await_answer() {
  local deadline=$((SECONDS + wait_seconds))
  say "waiting up to $wait_seconds s for the provider"
  until run_as "$probe_uid" "${probe_gid:-$socket_gid}" "$socket_gid" \
    probe --socket "$socket_path" --timeout 5s >"$scratch/answer" 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || {
      cat -- "$scratch/answer" >&2
      if [ "$model" = static-pod ]; then
        fail "the provider does not answer. See its log: crictl logs \"\$(crictl ps -a --name bao-kms-provider -q | head -n 1)\"
and if there is no container: journalctl -u kubelet -n 50"
      fi
      fail "the provider does not answer. See its log: journalctl -u $unit -n 50"
    }
    sleep 1
  done
  cat -- "$scratch/answer"
}

# --- the command line -----------------------------------------------------------------------------

phase=''
root=''
ca=''
credential=''
pin=''
issuer_ca=''
replace=false
program=/usr/bin/bao-kms-provider
encryption_config=''
manifests=/etc/kubernetes/manifests
wait_seconds=180

# For each option that was given: the phases that accept it.
declare -A goes_with=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help | help)
      usage
      exit 0
      ;;
    --replace)
      replace=true
      goes_with[$1]='install start'
      shift
      ;;
    --root | --ca | --credential | --pin | --issuer-ca | --program | --encryption-config | \
      --manifests | --wait)
      [ $# -gt 1 ] && [ -n "$2" ] || refuse_usage "$1 needs a value"
      case $1 in
        --root) root=$2 ;;
        --ca) ca=$2 ;;
        --credential) credential=$2 ;;
        --pin) pin=$2 ;;
        --issuer-ca) issuer_ca=$2 ;;
        --program) program=$2 ;;
        --encryption-config) encryption_config=$2 ;;
        --manifests) manifests=${2%/} ;;
        --wait) wait_seconds=$2 ;;
      esac
      case $1 in
        --root) goes_with[$1]='prepare install check start' ;;
        --program) goes_with[$1]='check start' ;;
        --encryption-config) goes_with[$1]=check ;;
        --manifests | --wait) goes_with[$1]=start ;;
        *) goes_with[$1]=install ;;
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

case $phase in
  prepare | install | check | start) ;;
  '') refuse_usage 'no phase was given' ;;
  *) refuse_usage "unknown phase $phase" ;;
esac
for option in "${!goes_with[@]}"; do
  [[ " ${goes_with[$option]} " == *" $phase "* ]] || refuse_usage "$option is not for $phase"
done
for path in "$program" "$manifests" "${encryption_config:-/}" "${root:-/}"; do
  [[ $path == /* ]] ||
    refuse_usage '--root, --program, --manifests and --encryption-config need absolute paths'
done
[[ $wait_seconds =~ ^[1-9][0-9]{0,4}$ ]] || refuse_usage '--wait needs seconds, such as 180'
[ "$EUID" -eq 0 ] || fail 'must be run as root'
if [ -n "$root" ]; then
  [ -d "$root" ] || fail 'the directory given with --root does not exist'
  root=$(cd -P -- "$root" && pwd -P)
  root=${root%/}
fi
bundle=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# One run at a time: each removes temporary files that an earlier one left.
exec {lock}<"${BASH_SOURCE[0]}"
flock --nonblock "$lock" || {
  say 'another run of this script is under way; waiting until it has ended'
  flock "$lock"
}
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

"phase_$phase"
