# shellcheck shell=bash
# Sourced by release-libraries.sh and release-sysroot.sh, which have a fail().

# logged LOG FUNCTION [ARGUMENT...]: calls FUNCTION in a subshell, up to the first error in it, with its output in LOG.
# After an error the end of LOG is shown and the script ends.
logged() {
  local log=$1 code
  shift
  # Not as a condition: bash would go on after an error in it.
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  code=$?
  set -e
  if [ "$code" -ne 0 ]; then
    tail -n 30 "$log" >&2
    fail "it failed; its whole output: $log"
  fi
}
