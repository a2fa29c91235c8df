#!/usr/bin/env bash
# run-tests.sh BUILD-DIRECTORY [BEGAN-MS [CTEST-ARGUMENT...]]: ctest, then the slowest tests, those left
# to the night and those skipped with their reasons, then ctest's own closing line as the last one.
# Tests labeled `nightly` take minutes; BAOKMS_NIGHTLY=1 runs them too. Report: BUILD-DIRECTORY/junit.xml.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/steps.sh
build=$1
began=${2:-$(now_ms)}
shift $(($# < 2 ? $# : 2))

log=$root/$build/logs/test.log
mkdir -p "$(dirname "$log")"
junit=$root/$build/junit.xml
rm -f "$junit"

# One --label-exclude only: ctest wants several to match all at once.
left_out=()
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --label-exclude) left_out+=("$2") && shift 2 ;;
    *) arguments+=("$1") && shift ;;
  esac
done
tonight=
if [ "${BAOKMS_NIGHTLY:-0}" != 1 ]; then
  tonight=$(ctest --test-dir "$build" --show-only --label-regex '^nightly$' "${arguments[@]}" 2>/dev/null |
    sed -nE 's/^ +Test +#[0-9]+: (.*)$/  \1/p')
  left_out+=('^nightly$')
fi
if [ ${#left_out[@]} -gt 0 ]; then
  arguments+=(--label-exclude "$(IFS='|' && echo "${left_out[*]}")")
fi

code=0
# Many tests wait and use no processor, so more run at a time than there are processors; those that do
# compute say so to ctest (PROCESSORS). Many are bound to the wall clock: one that failed on a busy
# machine gets a second try, and is named at the end.
ctest --test-dir "$build" --parallel "${BAOKMS_TEST_JOBS:-$(($(nproc) * 3))}" --output-on-failure \
  --no-tests=error --repeat until-pass:2 --output-junit "$junit" "${arguments[@]}" 2>&1 </dev/null |
  tee "$log" || code=$?

# A test that skips prints "SKIP: why".
skipped() {
  [ -f "$junit" ] || return 0
  awk 'BEGIN { RS = "<testcase "; FS = "\n" }
    NR > 1 && /<skipped|status="disabled"/ {
      name = $0; sub(/^.*name="/, "", name); sub(/".*$/, "", name)
      why = "no reason given"
      if (/status="disabled"/) why = "disabled"
      if (match($0, /SKIP: [^\n<]*/)) why = substr($0, RSTART + 6, RLENGTH - 6)
      print "  " name ": " why
    }' "$junit" | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g; s/&amp;/\&/g'
}

# What a test may lack here (tests/expected_skips.txt).
lacks() {
  case "$1" in
    openbao) [ -z "${BAOKMS_OPENBAO:-}" ] && ! command -v bao >/dev/null ;;
    spire) ! command -v spire-server >/dev/null || ! command -v spire-agent >/dev/null ;;
    go) ! go version 2>/dev/null | grep -Eq 'go1\.(2[5-9]|[3-9][0-9])|go[2-9]' ;;
    any-go) ! PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin command -v go >/dev/null ;;
    mount) ! unshare --mount true 2>/dev/null ;;
    # Forbidden by the kernel's setting or perhaps by a container's filter of system calls.
    ptrace) [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null)" = 3 ] || grep -q '^Seccomp:.*2' /proc/self/status ;;
    realtime) ! chrt --rr 1 true 2>/dev/null ;;
    strace) ! command -v strace >/dev/null ;;
    x86-64) [ "$(uname -m)" != x86_64 ] ;;
    release) [ ! -x build/release/bin/bao-kms-provider ] ;;
    root) [ "$(id -u)" -ne 0 ] ;;
    non-root) [ "$(id -u)" -eq 0 ] ;;
    release-arm64) [ ! -x build/release-arm64/bin/bao-kms-provider ] ;;
    tests-arm64) [ ! -x build/tests-arm64/bin/unit_tests ] ;;
    cross) ! command -v aarch64-linux-gnu-g++ >/dev/null ;;
    qemu) ! command -v qemu-aarch64-static >/dev/null ;;
    gdb) ! command -v gcore >/dev/null ;;
    release-pkcs11) [ ! -x build/release-pkcs11/bin/bao-kms-provider ] ;;
    rpm) ! command -v rpmbuild >/dev/null ;;
    debootstrap) ! PATH=$PATH:/usr/sbin command -v debootstrap >/dev/null ;;
    systemd) ! command -v systemd-analyze >/dev/null || ! command -v systemd-sysusers >/dev/null ;;
    machine)
      [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null || ! command -v debootstrap >/dev/null ||
        ! unshare --mount true 2>/dev/null
      ;;
    promtool) ! command -v promtool >/dev/null ;;
    apparmor) ! PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser >/dev/null ;;
    containers)
      for program in buildah podman runc catatonit containerd; do
        PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || return 0
      done
      return 1
      ;;
    mkdocs) ! scripts/site.sh --packages 2>/dev/null ;;
    *) false ;;
  esac
}

# unexpected_skips LIST: the lines of it that tests/expected_skips.txt does not allow here.
unexpected_skips() {
  local line requirement pattern allowed
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    allowed=no
    while read -r requirement pattern; do
      case "$requirement" in '' | '#'*) continue ;; esac
      # shellcheck disable=SC2053 # the pattern is one
      if [[ ${line#  } == $pattern* ]] && lacks "$requirement"; then allowed=yes; fi
    done <tests/expected_skips.txt
    [ "$allowed" = yes ] || echo "$line"
  done <<<"$1"
}

slowest() {
  [ -f "$junit" ] || return 0
  sed -nE 's/^.*<testcase name="([^"]*)".* time="([0-9.]+)".*$/\2 \1/p' "$junit" | sort -rn |
    awk 'NR <= 10 { seconds = $1; $1 = ""; printf "  %6.1f s %s\n", seconds, $0 }'
}

list=$(skipped)
unexpected=$(unexpected_skips "$list")
echo
echo "The ten slowest tests:"
slowest
if [ -n "$tonight" ]; then
  echo "Left to the night, run by BAOKMS_NIGHTLY=1 ($(wc -l <<<"$tonight")):"
  echo "$tonight"
fi
if [ -n "$list" ]; then
  echo "Skipped tests ($(wc -l <<<"$list")):"
  echo "$list"
else
  echo "Skipped tests: none"
fi
second_tries=$(grep -E '^ *[0-9]+/[0-9]+ Test +#.*\*\*\*(Failed|Timeout|Exception)' "$log" | sed -E 's/^.*Test +#[0-9]+: //; s/ \.*\*\*\*.*$//' | sort -u || true)
[ -z "$second_tries" ] || echo "Failed at least once:
$(sed 's/^/  /' <<<"$second_tries")"
if [ -n "$unexpected" ]; then
  echo "Skipped, though nothing they need is missing here:" >&2
  echo "$unexpected" >&2
  code=1
fi
[ "$code" -eq 0 ] || echo "The step 'test' failed. Its whole output: $log" >&2
echo "All steps: $(seconds_since "$began")"
grep -E '% tests passed, ' "$log" | tail -n 1 || true
exit "$code"
