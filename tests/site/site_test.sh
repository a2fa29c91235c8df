#!/usr/bin/env bash
# site_test.sh builds|dead|orphan|fetched|named: builds the site of this tree, or of a copy with something planted.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if ! "$root/scripts/site.sh" --packages 2>/dev/null; then
  echo "SKIP: no mkdocs-material or no python3-markdown-it: install the packages of these names"
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
copy=$scratch/tree
page=docs/install
md=.md # apart from the names: tests/structure would look for the pages

# What the site is made of can be changed in the copy; the rest, which pages only name, is linked.
copy_tree() {
  mkdir "$copy"
  for path in "$root"/*; do
    case ${path##*/} in
      build) ;;
      core | app | adapters | ports | tests | cmake) ln -s "$path" "$copy" ;;
      *) cp -r "$path" "$copy" ;;
    esac
  done
}

# The build fails with each of these texts and nothing else.
fails_with() {
  if "$copy/scripts/site.sh" "$scratch/site" >"$scratch/output" 2>&1; then
    echo "the build passed, though this is wrong: $1" >&2
    exit 1
  fi
  for text in "$@"; do
    grep -qF -- "$text" "$scratch/output" || { echo "not reported: $text" >&2; cat "$scratch/output" >&2; exit 1; }
  done
  [ "$(grep -c WARNING "$scratch/output")" = $# ] || { cat "$scratch/output" >&2; exit 1; }
}

case $1 in
  builds) "$root/scripts/site.sh" "$scratch/site" ;;
  dead)
    copy_tree
    cat >>"$copy/$page$md" <<PAGE

[a](no-such-page$md) [b](overview$md#no-such-heading) [c](#not-here-either) ![d](no-such-picture.svg)
[e](../deploy/no-such-file.yaml)
PAGE
    fails_with "$page$md: nothing is at no-such-page$md" \
      "install.html: there is no heading for overview.html#no-such-heading" \
      "install.html: there is no heading for #not-here-either" \
      "$page$md: nothing is at no-such-picture.svg" \
      "$page$md: nothing is at ../deploy/no-such-file.yaml"
    ;;
  orphan)
    copy_tree
    echo "# Nobody links here" >"$copy/docs/orphan$md"
    fails_with "docs/orphan$md is not in the navigation of mkdocs.yml"
    ;;
  fetched)
    copy_tree
    printf '\n![badge](https://example.org/badge.svg)\n' >>"$copy/$page$md"
    fails_with "install.html loads https://example.org/badge.svg, which is not on the site"
    ;;
  named)
    copy_tree
    echo "see [the tests](../tests/README$md) and [the policy](../SECURITY$md#reporting)" >"$copy/docs/tokens$md"
    "$copy/scripts/site.sh" "$scratch/site"
    grep -qF '<p>see the tests and <a href="SECURITY.html#reporting">the policy</a></p>' "$scratch/site/tokens.html"
    ;;
  *) exit 2 ;;
esac
