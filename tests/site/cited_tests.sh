#!/usr/bin/env bash
# cited_tests.sh [DOCS]: every test that a page cites, as in `unit/wire/aad_test.cc`: "AAD: the probe's is no
# object's", "another of the same file", is there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
docs=${1:-$root/docs}
# shellcheck disable=SC2016 # backticks of Markdown
citation='`[a-z0-9_/]+_test\.cc`(: "[^"]*"(, "[^"]*")*)?'

# What cites, without its line breaks; one citation a line.
citations() { tr -s '\n ' ' ' <"$1" | grep -oE "$citation" || true; }

cited=0
wrong=0
while IFS= read -r page; do
  while IFS= read -r line; do
    file=${line#\`}
    file=${file%%\`*}
    path=$root/tests/${file#tests/}
    if [ ! -f "$path" ]; then
      echo "${page#"$root"/}: there is no tests/$file"
      wrong=1
      continue
    fi
    # Literals that run on over lines are one.
    source=$(tr -d '\n' <"$path" | sed -E 's/" *"//g')
    while IFS= read -r name; do
      [ -n "$name" ] || continue
      cited=$((cited + 1))
      if ! grep -qF -- "$name" <<<"$source"; then
        echo "${page#"$root"/}: tests/$file has no test $name"
        wrong=1
      fi
    done < <(grep -oE '"[^"]*"' <<<"${line#*\`*\`}")
  done < <(citations "$page")
done < <(find "$docs" -name '*.md' | sort)
echo "$cited tests are cited"
[ "$cited" -gt 0 ] # a wrong folder or pattern would find nothing
exit "$wrong"
