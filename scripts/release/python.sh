#!/usr/bin/env bash
# python.sh SCRIPT [ARGUMENT...]: runs a Python script with the libraries of requirements.txt, which pip fetches
# once, by version and hash, into ${XDG_CACHE_HOME:-~/.cache}/bao-kms-provider/release-python-KEY.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider
key=$({ cat "$folder/requirements.txt" && python3 --version; } | sha256sum | cut -c 1-12)
environment=$cache/release-python-$key
mkdir -p "$cache"
exec 9>"$cache/release-python.lock"
flock 9
if [ ! -d "$environment" ]; then
  rm -rf -- "$environment.new"
  python3 -m venv "$environment.new" >&2 || { echo "python.sh: no venv: scripts/install-deps.sh release" >&2 && exit 1; }
  "$environment.new/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    --requirement "$folder/requirements.txt" >&2 || { echo "python.sh: pip failed; is PyPI reachable?" >&2 && exit 1; }
  mv -T -- "$environment.new" "$environment"
fi
exec 9>&-
PYTHONDONTWRITEBYTECODE=1 exec "$environment/bin/python" "$@"
