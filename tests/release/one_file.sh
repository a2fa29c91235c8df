#!/usr/bin/env bash
# one_file.sh PROGRAM: the release build is one position-independent file that asks for no loader and no library, with
# the hardening that every build has, and names neither the folder that it was built in nor its symbols.
set -euo pipefail
program=$1
[ -x "$program" ] || {
  echo "SKIP: no release build: cmake --preset release && cmake --build build/release"
  exit 0
}
code=0
# expect yes|no PATTERN TEXT WHAT
expect() {
  local found=no
  ! grep -Eq -- "$2" <<<"$3" || found=yes
  [ "$found" = "$1" ] || { echo "wrong: $4" && code=1; }
}
headers=$(readelf --file-header --program-headers --wide "$program")
dynamic=$(readelf --dynamic --wide "$program")
sections=$(readelf --section-headers --wide "$program")
expect yes '^ *Type: +DYN ' "$headers" "position-independent"
expect no 'INTERP' "$headers" "no program loader"
expect no '\(NEEDED\)' "$dynamic" "no shared library"
expect no 'RPATH|RUNPATH' "$dynamic" "no search path"
expect no 'TEXTREL' "$dynamic" "no relocated code"
expect yes 'GNU_RELRO' "$headers" "read-only after relocation"
expect yes 'FLAGS.*NOW' "$dynamic" "bound at once"
expect no 'GNU_STACK .* RWE ' "$headers" "no executable stack"
expect no 'LOAD .* RWE ' "$headers" "nothing writable and executable"
expect yes '\.gnu_debuglink' "$sections" "its symbols can be found"
expect no '\.(symtab|debug_info)' "$sections" "stripped"
expect yes '\.note\.gnu\.build-id' "$sections" "a build ID"
[ -s "$program.debug" ] || { echo "wrong: no symbols beside it" && code=1; }
folder=$(cd "$(dirname "$program")/../../.." && pwd)
! grep -aqF "$folder" "$program" || { echo "wrong: it names $folder" && code=1; }
[ -s "$(dirname "$program")/../third-party-licenses.txt" ] || { echo "wrong: no licenses" && code=1; }
[ "$code" -ne 0 ] || echo "as expected, $(stat -c %s "$program") bytes"
exit "$code"
