#!/usr/bin/env bash
# kube-apiserver.sh VERSION: builds the kube-apiserver of a version of Kubernetes ("1.36.3") as tests/kubeapiserver
# builds its own, and prints the program's path as the last line. It is kept in ~/.cache/bao-kms-provider; a second
# call only prints. A first build downloads the modules and takes minutes. The modules' checksums come from Go's
# checksum database; without it (GOSUMDB=off) nothing vouches for them but the module proxy.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=${1:-}
if [[ ! $version =~ ^1\.[0-9]+\.[0-9]+$ ]]; then
  echo "usage: kube-apiserver.sh VERSION (1.36.3)" >&2
  exit 2
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider/kube-apiserver/$version
program=$cache/kube-apiserver
source=$root/tests/kubeapiserver/main.go
if [ -x "$program" ] && cmp -s "$source" "$cache/main.go"; then
  echo "$program"
  exit
fi

PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin
# As cmake/GoProgram.cmake builds: the installed Go, no other.
export GOTOOLCHAIN=local GOFLAGS="-mod=mod -buildvcs=false" GOWORK=off
work=$cache.new
rm -rf "$work" # of a build that was stopped
mkdir -p "$work"
cd "$work"
cp "$source" main.go
go mod init bao-kms-provider/tests/kubeapiserver 2>/dev/null
# Kubernetes requires its staging modules as v0.0.0, which nobody publishes: 1.36.3 has v0.36.3 of each.
staged=v0.${version#1.}
module=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -nE 's/^[[:space:]]*"GoMod": "(.*)",?$/\1/p')
[ -f "$module" ] || { echo "kube-apiserver.sh: the module proxy has no k8s.io/kubernetes v$version" >&2; exit 1; }
replacements=()
while read -r name; do replacements+=("-replace=$name=$name@$staged"); done < <(
  awk '$1 ~ /^k8s\.io\// && $2 == "v0.0.0" {print $1}' "$module")
go mod edit -go="$(awk '$1 == "go" {print $2}' "$module")" "-require=k8s.io/kubernetes@v$version" \
  "-require=k8s.io/component-base@$staged" "${replacements[@]}"
go build -p 2 -o kube-apiserver .
rm -rf "$cache"
mv "$work" "$cache"
echo "$program"
