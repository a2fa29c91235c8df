#!/usr/bin/env bash
# site.sh [DIRECTORY]: writes the documentation as a site (default: build/site), to be read from a disk or put on
# any web server. Fails on a dead link and on a page that mkdocs.yml does not list. Nothing is fetched, neither now
# nor by the reader's browser.
# site.sh --packages: only checks that the packages mkdocs-material and python3-markdown-it are there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if ! /usr/bin/python3 -c 'import mkdocs.utils, markdown_it
assert "material" in mkdocs.utils.get_theme_names()' 2>/dev/null; then
  echo "site.sh: mkdocs-material or python3-markdown-it is missing: scripts/install-deps.sh tests" >&2
  exit 2
fi
[ "${1:-}" != --packages ] || exit 0

site=$(realpath -m "${1:-$root/build/site}")
cd "$root"
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m mkdocs build --strict --site-dir "$site"
echo "site.sh: $site/index.html"
