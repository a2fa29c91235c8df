#!/usr/bin/env bash
# Draws the pictures of docs/monitoring.md: builds the dashboard's test in build/default, runs it, and has it draw some of
# the dashboard's panels from what its Prometheus scraped. Half a minute.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
use_ccache
command -v prometheus >/dev/null || { echo "prometheus is missing: scripts/install-deps.sh" >&2; exit 2; }
cmake --preset default >/dev/null
cmake --build build/default --target dashboard_tests --parallel "$(build_jobs)" >/dev/null
mkdir -p docs/monitoring
BAOKMS_PICTURES=$root/docs/monitoring build/default/bin/dashboard_tests
