#!/usr/bin/env bash
# What apparmor_parser, without a kernel, makes of the service's profile, and of one with a comma too few.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
profile=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/deploy/apparmor/bao-kms-provider
if ! command -v apparmor_parser >/dev/null; then
  echo "SKIP: no apparmor_parser: install the package apparmor"
  exit 0
fi

# Nothing is loaded or cached.
parses() { apparmor_parser --skip-kernel-load --skip-cache "$1"; }

parses "$profile"
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT
sed 's/ mr,/ mr/' "$profile" >"$broken"
if parses "$broken" 2>/dev/null; then
  echo "a profile without a comma passes" >&2
  exit 1
fi
# A path between name and flags would confine doctor and init too.
grep -qE '^profile bao-kms-provider flags=' "$profile"
