#!/usr/bin/env bash
# Writes every object of a resource again, unchanged, so that kube-apiserver stores it encrypted under the key of today:
#   rewrite-objects.sh [--page N] [--pause SECONDS] [--parallel N] [--progress FILE] RESOURCE...
# RESOURCE is named as in the EncryptionConfiguration: secrets, deployments.apps, widgets.example.org.
#
# Reads and writes page by page, so that memory does not grow with the cluster, with your kubectl's access. An object that
# somebody else changes or deletes meanwhile is left alone: whoever wrote it wrote it under the new key. With --progress it
# continues where it stopped when it is started again. Contents stay in memory and pipes. Needs kubectl, curl and jq.
set -euo pipefail

page=500 pause=0 parallel=8 progress=
usage() {
  echo "usage: rewrite-objects.sh [--page N] [--pause SECONDS] [--parallel N] [--progress FILE] RESOURCE..." >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case "$1" in
    --page | --pause | --parallel | --progress)
      [ $# -gt 1 ] || usage
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    -*) usage ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || usage
for number in "$page" "$pause" "$parallel"; do [[ $number =~ ^[0-9]+$ ]] || usage; done
if [ "$page" -eq 0 ] || [ "$parallel" -eq 0 ]; then usage; fi
for program in kubectl curl jq; do
  command -v "$program" >/dev/null || { echo "rewrite-objects: $program is needed and not on PATH" >&2 && exit 2; }
done

umask 077
dir=$(mktemp -d)
proxy=
clean_up() {
  [ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A socket that nobody else may open. kubectl's own commands would send five requests a second.
kubectl proxy --unix-socket="$dir/api" >"$dir/proxy.log" 2>&1 &
proxy=$!
for _ in $(seq 100); do
  if [ -S "$dir/api" ]; then break; fi
  sleep 0.1
done
[ -S "$dir/api" ] || { echo "rewrite-objects: kubectl proxy does not start:" >&2 && cat "$dir/proxy.log" >&2 && exit 1; }

# api PATH: sets body and status to the answer's.
api() {
  body=$(curl -sS --unix-socket "$dir/api" -w '\n%{http_code}' "http://localhost$1")
  status=${body##*$'\n'}
  body=${body%$'\n'*}
}
from_body() { printf '%s' "$body" | jq -r "$@"; }

# find_path RESOURCE: sets path to where the API has it.
find_path() {
  local plural=${1%%.*} group=${1#*.} version
  if [ "$plural" = "$1" ]; then
    path=/api/v1/$plural
    return
  fi
  api "/apis/$group"
  version=$(from_body '.preferredVersion.groupVersion // empty' 2>/dev/null || true)
  [ -n "$version" ] || { echo "rewrite-objects: this cluster has no API group $group" >&2 && return 1; }
  path=/apis/$version/$plural
}

# From a page to one PUT an object, as curl's configuration: a list's items lack apiVersion and kind.
as_requests() {
  jq -r --arg path "$path" --arg socket "$dir/api" '
    .apiVersion as $version | (.kind | sub("List$"; "")) as $kind | ($path | capture("^(?<api>.*)/(?<plural>[^/]+)$")) as $at |
    .items | to_entries[] |
    (.value | .apiVersion = $version | .kind = $kind) as $object |
    ($object.metadata.namespace as $space | if $space then "namespaces/\($space)/" else "" end) as $in |
    (if .key > 0 then "next\n" else "" end) +
    "url = \("http://localhost\($at.api)/\($in)\($at.plural)/\($object.metadata.name)" | tojson)\n" +
    "unix-socket = \($socket | tojson)\nrequest = PUT\nheader = \"Content-Type: application/json\"\nsilent\noutput = /dev/null\n" +
    "write-out = \"%{http_code}\\n\"\ndata-binary = \($object | tojson | tojson)"'
}

# rewrite RESOURCE: fails when an object could not be written for another reason than a change or a deletion.
rewrite() {
  local resource=$1 token='' written=0 skipped=0 failed=0 began before
  began=$(date +%s)
  find_path "$resource"
  [ -z "$progress" ] || [ ! -e "$progress" ] || token=$(awk -v r="$resource" '$1 == r {t = $2} END {print t}' "$progress")
  if [ "$token" = finished ]; then
    echo "$resource: finished before"
    return
  fi
  while true; do
    api "$path?limit=$page${token:+&continue=$(jq -rn --arg t "$token" '$t | @uri')}"
    if [ "$status" = 410 ]; then
      # The list has outlived its snapshot; this token continues with what is there now.
      token=$(from_body '.metadata.continue // empty')
      [ -n "$token" ] && continue
    fi
    if [ "$status" != 200 ]; then
      echo "rewrite-objects: $resource: the list was answered with $status:" \
        "$(from_body '.message // empty' 2>/dev/null)" >&2
      return 1
    fi
    printf '%s' "$body" | as_requests |
      curl --parallel --parallel-max "$parallel" --config - >"$dir/codes" 2>"$dir/errors" || true
    before=$((written + skipped))
    written=$((written + $(grep -c '^200$' "$dir/codes" || true)))
    skipped=$((skipped + $(grep -cE '^(404|409)$' "$dir/codes" || true)))
    failed=$((failed + $(from_body '.items | length') - (written + skipped - before)))
    token=$(from_body '.metadata.continue // empty')
    printf '%s: %d written, %d changed or deleted by others meanwhile, %d failed\n' \
      "$resource" "$written" "$skipped" "$failed"
    if [ "$failed" -gt 0 ]; then
      echo "rewrite-objects: $resource: stopped; kube-apiserver answered" \
        "$(grep -vE '^(200|404|409)$' "$dir/codes" | sort | uniq -c | awk '{print $1 " times " $2}' | paste -sd, -)" >&2
      return 1
    fi
    [ -z "$progress" ] || echo "$resource ${token:-finished}" >>"$progress"
    [ -n "$token" ] || break
    sleep "$pause"
  done
  echo "$resource: finished in $(($(date +%s) - began)) s"
}

for resource in "$@"; do rewrite "$resource"; done
