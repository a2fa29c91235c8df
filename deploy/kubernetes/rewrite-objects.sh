#!/usr/bin/env bash
# Makes kube-apiserver write every object of a resource again, so that it is encrypted under the key of today (--help).
# docs/runbooks/rotation.md tells when, and how to see that it is done.
# shellcheck disable=SC2016 # the variables in single quotes are jq's
set -euo pipefail

help() {
  cat <<'END'
usage: rewrite-objects.sh [OPTION...] RESOURCE...

Makes kube-apiserver write every object of these resources again, so that etcd has it encrypted under the key that is in
use now. A RESOURCE is named as in the EncryptionConfiguration: secrets, deployments.apps, widgets.example.org, *.apps.

  --progress FILE   remembers in FILE what is done; started again with it, it goes on where it stopped. One file for one
                    rewrite of one cluster
  --page N          objects that are listed at a time (500)
  --parallel N      objects that are written at a time (8)
  --pause SECONDS   between two pages (0)
  --retries N       how often a page is tried again when kube-apiserver fails or refuses, after 1, 2, 4, ... seconds (5)

Names are listed page by page, and each object gets a patch that changes nothing. So contents never leave kube-apiserver,
memory does not grow with the cluster, and no change of anybody else is overwritten. An object that is deleted or changed
in that moment is left alone.

It has the rights of your kubectl's current context: list and patch, in all namespaces, are needed. bash 4, kubectl, jq,
and curl 7.66 or newer are needed, too.

Exit codes: 0 every object was written; 1 it stopped, or some objects could not be written; 2 it was not called as it
should be.
END
}
say() { echo "rewrite-objects: $*" >&2; }
wrong() {
  say "$*"
  exit 2
}

page=500 pause=0 parallel=8 retries=5 progress='' named=()
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h)
      help
      exit
      ;;
    --page | --pause | --parallel | --progress | --retries)
      [ $# -gt 1 ] || wrong "$1 needs a value (--help)"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    -*) wrong "unknown option $1 (--help)" ;;
    *)
      named+=("$1")
      shift
      ;;
  esac
done
[ ${#named[@]} -gt 0 ] || wrong "which resources? (--help)"
for number in page pause parallel retries; do
  [[ ${!number} =~ ^[0-9]{1,6}$ ]] || wrong "--$number needs a number (--help)"
done
if ((10#$page == 0 || 10#$parallel == 0)); then wrong "--page and --parallel need at least 1 (--help)"; fi
for program in kubectl curl jq; do
  command -v "$program" >/dev/null || wrong "$program is needed and not on PATH"
done
curl --parallel --version >/dev/null 2>&1 || wrong "curl is too old, 7.66 or newer is needed"

umask 077
server=$(kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null || true)
server=${server:--}
# Tunnels lead to several clusters under one address. Not everybody may read it.
uid=''
[ -z "$progress" ] ||
  uid=$(kubectl get namespace kube-system --request-timeout=10s -o 'jsonpath={.metadata.uid}' 2>/dev/null || true)
# Of a resource: the token of its next page or "finished", and how many objects could not be written so far.
declare -A token=() failures=()
if [ -n "$progress" ] && [ -s "$progress" ]; then
  {
    read -r word of of_uid || true
    [ "$word" = server ] || wrong "$progress was not written by this script"
    if [ -n "$uid" ] && [ -n "$of_uid" ]; then
      [ "$of_uid" = "$uid" ] || wrong "$progress is about another cluster than $server"
    else
      [ "$of" = "$server" ] || wrong "$progress is about another cluster, $of; this one is $server"
      uid=$of_uid
    fi
    while read -r resource next failed; do
      [ "$resource" != complete ] ||
        wrong "nothing was written: all of it was finished before, says $progress. Another rewrite needs another file"
      token[$resource]=$next failures[$resource]=$failed
    done
  } <"$progress"
fi
# save_progress [LAST-LINE]: whole or not at all, whenever it is interrupted.
save_progress() {
  local resource
  [ -n "$progress" ] || return 0
  {
    echo "server $server $uid"
    for resource in "${!token[@]}"; do echo "$resource ${token[$resource]} ${failures[$resource]}"; done
    [ $# -eq 0 ] || echo "$1"
  } >"$progress.new"
  mv "$progress.new" "$progress"
}
save_progress || wrong "the file of --progress cannot be written"

dir=$(mktemp -d)
# A socket that nobody else may open. kubectl's own commands would send five requests a second.
kubectl proxy --unix-socket="$dir/api" >"$dir/proxy.log" 2>&1 &
proxy=$!
# It sees the end of the script, also by SIGKILL, and leaves nothing behind.
exec 3> >({
  trap '' HUP INT TERM
  cat
  kill "$proxy"
  rm -rf "$dir"
} >/dev/null 2>&1)
for _ in {1..100}; do
  if [ -S "$dir/api" ] || ! kill -0 "$proxy" 2>/dev/null; then break; fi
  sleep 0.1
done
[ -S "$dir/api" ] || {
  say "kubectl proxy does not start:"
  cat "$dir/proxy.log" >&2
  exit 1
}

metadata='application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
metadata_list='application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
ask() { curl -sS --globoff --max-time 90 --unix-socket "$dir/api" "${@:2}" "http://localhost$1"; }

may_pass() { [[ $1 =~ ^(0|000|429|5..)$ ]]; }
# pauses: before each further try.
pauses() { for ((try = 0; try < 10#$retries; ++try)); do echo $((1 << (try < 6 ? try : 6))); done; }

# get PATH FILTER [JQ-OPTION...]: sets status; $dir/answer has what jq's FILTER makes of the answer.
get() {
  local path=$1 filter=$2 wait whole
  shift 2
  for wait in $(pauses) ''; do
    whole=yes
    : >"$dir/headers"
    ask "$path" --dump-header "$dir/headers" --header "Accept: $metadata_list" 2>"$dir/errors" |
      jq -r "$@" "$filter" >"$dir/answer" 2>/dev/null || whole=no
    status=$(awk '/^HTTP/ {code = $2} END {print code + 0}' "$dir/headers")
    # Half an answer must not look like the last page.
    if [ "$status" = 200 ] && [ $whole = no ]; then status=0; fi
    if [ -z "$wait" ] || ! may_pass "$status"; then return 0; fi
    sleep "$wait" 3>&-
  done
}

# words PATH [CURL-OPTION...]: how kube-apiserver explains its answer, which is asked for once more.
words() {
  ask "$@" 2>&1 | jq -Rrs '. as $text | try (fromjson | .message // "asked once more, it worked") catch $text' || true
}

# stop RESOURCE STATUS WORDS: what happened and what to do about it.
stop() {
  local resource=$1 code=$2 what=$3 help
  case "$code" in
    401 | 403) help="kubectl's user needs the verbs list and patch for $resource in all namespaces" ;;
    429) help="kube-apiserver has too much to do: try a smaller --parallel, or a --pause" ;;
    0 | 000) help="kube-apiserver cannot be reached: $(tail -n 1 "$dir/proxy.log")" ;;
    5*) help="kube-apiserver cannot do it now. If its words are about a transformer, a DEK or kms, its provider is unhealthy:
\"bao-kms-provider status\" on its node says why" ;;
    *) help="" ;;
  esac
  say "$resource: stopped, the answer was $code: $what"
  [ -z "$help" ] || say "$help"
  if [ -n "$progress" ]; then
    say "then start it again with the same --progress: it goes on from here"
  else
    say "then start it again, from the beginning; with --progress it would go on from here"
  fi
  exit 1
}

unknown() {
  say "$1: this cluster has no such resource that can be listed and patched; name it as the EncryptionConfiguration does"
  exit 1
}

# find_path RESOURCE: sets path to where the API has it, in the first version that can list and patch it.
find_path() {
  local plural=${1%%.*} group='' versions=/api/v1 version
  path=
  if [ "$plural" != "$1" ]; then
    group=${1#*.}
    get "/apis/$group" '(.preferredVersion, .versions[]?) | "/apis/\(.groupVersion)"'
    versions=$(cat "$dir/answer")
    [ "$status" != 404 ] || versions=''
    if [ "$status" != 200 ] && [ "$status" != 404 ]; then stop "$1" "$status" "$(words "/apis/$group")"; fi
  fi
  for version in $versions; do
    get "$version" '.resources[]? | select(.name == $plural and ([.verbs[]?] | contains(["list", "patch"]))) | .name' \
      --arg plural "$plural"
    [ "$status" = 200 ] || stop "$1" "$status" "$(words "$version")"
    if [ -s "$dir/answer" ]; then
      path=$version/$plural
      return 0
    fi
  done
  unknown "$1"
}

# From names to one patch each, as curl's configuration. A name's place in the URL has no character of curl's.
as_requests() {
  awk -v root="http://localhost${path%/*}" -v socket="$dir/api" -v accept="$metadata" '{
    tag = $1; gsub("%", "%%", tag)
    printf "%surl = \"%s%s\"\nunix-socket = \"%s\"\nrequest = PATCH\n", (NR > 1 ? "next\n" : ""), root, $1, socket
    printf "header = \"Content-Type: application/merge-patch+json\"\nheader = \"Accept: %s\"\ndata = \"{}\"\n", accept
    printf "silent\nmax-time = 90\noutput = /dev/null\nwrite-out = \"%%{http_code} %s\\n\"\n", tag
  }'
}

# Writes the objects of $dir/todo. Adds to written and skipped; $dir/failed has the codes and names of the others.
write_objects() {
  local wait counts
  for wait in $(pauses) ''; do
    as_requests <"$dir/todo" | curl --parallel --parallel-max "$parallel" --config - >"$dir/codes" 2>"$dir/errors" || true
    : >"$dir/failed"
    counts=$(awk -v failed="$dir/failed" '
      FILENAME == ARGV[1] {code[$2] = $1; next}
      {answer = $1 in code ? code[$1] : "000"}
      answer == 200 {written++; next}
      answer == 404 || answer == 409 {skipped++; next}
      {print answer, $1 > failed}
      END {print written + 0, skipped + 0}' "$dir/codes" "$dir/todo")
    written=$((written + ${counts% *})) skipped=$((skipped + ${counts#* }))
    grep -qE '^(000|429|5..) ' "$dir/failed" || return 0
    if grep -q '^401 ' "$dir/failed" || [ -z "$wait" ]; then return 0; fi
    # Those that were refused for good are refused again, and counted at the end.
    awk '{print $2}' "$dir/failed" >"$dir/todo"
    sleep "$wait" 3>&-
  done
}

# Says what could not be written, and stops when the cause is not the object itself.
judge_failures() {
  local code object what
  [ -s "$dir/failed" ] || return 0
  read -r code object < <(grep -E '^(401|000|429|5..) ' "$dir/failed" || grep '^403 ' "$dir/failed" || cat "$dir/failed")
  what=$(words "${path%/*}$object" --request PATCH --header 'Content-Type: application/merge-patch+json' \
    --header "Accept: $metadata" --data '{}')
  # 403: a right that is missing stops it; an admission webhook or policy denies this object alone.
  if may_pass "$code" || [ "$code" = 401 ] || [[ $code = 403 && $what = *" cannot patch resource "* ]]; then
    stop "$1" "$code" "$object: $what"
  fi
  say "$1: not written: $(awk '
    NR <= 10 {printf "%s%s (%s)", (NR > 1 ? ", " : ""), $2, $1}
    END {if (NR > 10) printf " and %d more", NR - 10}' "$dir/failed")"
  say "$object: $what"
}

rewrite() {
  local resource=$1 written=0 skipped=0 began url next left
  began=$(date +%s)
  find_path "$resource"
  while true; do
    url="$path?limit=$page${token[$resource]:+&continue=${token[$resource]}}"
    get "$url" '
      (.metadata.continue // "" | @uri), (.metadata.remainingItemCount // 0),
      (.items[]?.metadata | (if .namespace then "/namespaces/\(.namespace | @uri)" else "" end) + "/\($plural)/\(.name | @uri)")' \
      --arg plural "${path##*/}"
    { read -r next && read -r left && cat >"$dir/todo"; } <"$dir/answer" || next='' left=0
    if [ "$status" = 410 ] && [ -n "$next" ]; then
      # The list has outlived its snapshot; this token continues with what is there now.
      token[$resource]=$next
      continue
    fi
    [ "$status" = 200 ] || stop "$resource" "$status" "$(words "$url" --header "Accept: $metadata_list")"
    write_objects
    judge_failures "$resource"
    failures[$resource]=$((${failures[$resource]:-0} + $(wc -l <"$dir/failed")))
    token[$resource]=${next:-finished}
    save_progress
    echo "$resource: $written written, $skipped changed or deleted by others meanwhile," \
      "${failures[$resource]} not written, $left left"
    [ -n "$next" ] || break
    sleep "$pause" 3>&-
  done
  if [ "${failures[$resource]}" -gt 0 ]; then
    # The next start does this resource once more.
    unset "token[$resource]" "failures[$resource]"
    save_progress
    incomplete+=("$resource")
  else
    echo "$resource: finished in $(($(date +%s) - began)) s"
  fi
}

# Of *.*, *. or *.GROUP, each resource that it stands for.
expand() {
  case "$1" in
    '*.*') kubectl api-resources --verbs=list,patch -o name ;;
    '*.'*) kubectl api-resources --verbs=list,patch -o name --api-group="${1#*.}" ;;
    *) echo "$1" ;;
  esac
}

resources=() incomplete=()
for name in "${named[@]}"; do
  expand "$name" >"$dir/names" || exit 1
  [ -s "$dir/names" ] || unknown "$name"
  while read -r resource; do resources+=("$resource"); done <"$dir/names"
done
for resource in "${resources[@]}"; do
  if [ "${token[$resource]:-}" = finished ]; then
    echo "$resource: finished before"
  else
    rewrite "$resource"
  fi
done
[ ${#incomplete[@]} -eq 0 ] || {
  say "some objects could not be written, of: ${incomplete[*]}"
  exit 1
}
save_progress complete
