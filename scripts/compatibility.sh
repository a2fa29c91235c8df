#!/usr/bin/env bash
# compatibility.sh ARGUMENT...: runs `scripts/test.sh ARGUMENT...`, which must have --kubernetes VERSION or --openbao
# PROGRAM, and writes the result into the table of docs/compatibility.md: a row for each suite, in place of an older row
# of the same suite and version. Its exit code is that of the tests.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
page=docs/compatibility.md
build=build/default

kubernetes=
openbao=${BAOKMS_OPENBAO:-$(command -v bao || true)}
tried=()
arguments=("$@")
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case "$1" in
    --kubernetes) kubernetes=${2:-} && tried+=("$1") ;;
    --openbao) openbao=${2:-} && tried+=("$1") ;;
  esac
  shift
done
if [ ${#tried[@]} -ne 1 ]; then
  echo "usage: compatibility.sh [--nightly] (--kubernetes VERSION | --openbao PROGRAM) [-- CTEST-ARGUMENT...]" >&2
  exit 2
fi
openbao=$([ -z "$openbao" ] || "$openbao" version | sed -nE 's/^OpenBao v([0-9.]+).*$/\1/p')

commit=$(git rev-parse --short=10 HEAD)
git diff --quiet HEAD -- . ":!$page" || commit+=" and changes"
code=0
rm -f "$build/junit.xml"
scripts/test.sh "${arguments[@]}" || code=$?
[ -f "$build/junit.xml" ] || { echo "compatibility.sh: no test was run, the table stays" >&2; exit 1; }

# rows: of this run, a line for each suite, which is what stands in front of the colon in the names of its tests.
rows() {
  awk -v kubernetes="$kubernetes" -v openbao="$openbao" -v day="$(date -u +%F)" -v commit="$commit" '
    BEGIN { RS = "<testcase "; FS = "\n" }
    NR > 1 {
      suite = $0; sub(/^name="/, "", suite); sub(/[:"].*$/, "", suite)
      if (/<skipped|status="disabled"/) skipped[suite]++
      else if (/<failure/ || /status="fail"/) failed[suite]++
      else passed[suite]++
      suites[suite]
    }
    END {
      for (suite in suites) {
        with = kubernetes == "" ? "OpenBao " openbao : "Kubernetes " kubernetes
        if (kubernetes != "" && suite ~ /openbao$/) with = with ", OpenBao " openbao
        printf "| %s | `%s` | %d | %d | %d | %s | %s |\n", with, suite, passed[suite], failed[suite], skipped[suite], day, commit
      }
    }' "$build/junit.xml"
}

# The table ends the page. What else is on it stays, and so do the rows of other suites and versions.
row='^[|] (Kubernetes|OpenBao) [0-9]'
rows >"$build/compatibility.rows"
awk -F ' *[|] *' -v row="$row" 'NR == FNR { fresh[$2, $3]; next } !($0 ~ row && ($2, $3) in fresh)' \
  "$build/compatibility.rows" "$page" >"$build/compatibility.md"
{
  grep -vE "$row" "$build/compatibility.md"
  { grep -E "$row" "$build/compatibility.md" || true; cat "$build/compatibility.rows"; } | sort -V
} >"$page"
cat "$build/compatibility.rows"
exit "$code"
