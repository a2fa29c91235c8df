#!/usr/bin/env bash
# lint.sh [BASE-REVISION]: the format of every file and clang-tidy-19 over the sources that changed
# since BASE-REVISION, the work tree included (none given: over all of core, app, adapters and tests).
# A changed header counts for the source beside it. clang-tidy costs about 8 s a file: give HEAD~1
# before a commit. BAOKMS_LINT_BUILD names a configured build directory (default build/debug, configured when
# it is missing; generated headers are built).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
base=${1:-}
build=${BAOKMS_LINT_BUILD:-build/debug}

for tool in clang-format-19 clang-tidy-19; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: scripts/install-deps.sh tools" >&2; exit 2; }
done

folders=(core ports adapters app tests)
git ls-files -z -- "${folders[@]/%//*.cc}" "${folders[@]/%//*.h}" |
  xargs -0 clang-format-19 --dry-run -Werror
echo "format: good"

if [ ! -f "$build/compile_commands.json" ]; then
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug >/dev/null  # with GCC, whose flags clang takes
fi

changed() {
  if [ -z "$base" ]; then
    git ls-files -- "${folders[@]}"
  else
    git diff --name-only --diff-filter=d "$base" -- "${folders[@]}"
    git ls-files --others --exclude-standard -- "${folders[@]}"
  fi
}

# Mutants are broken on purpose; a source no target compiles has no command to be read with.
sources=()
while read -r file; do
  source=${file%.h}
  source=${source%.cc}.cc
  case $file in
    */mutants/*) continue ;;
    *.cc | *.h) ;;
    *) continue ;;
  esac
  if [ -f "$source" ] && grep -qF "\"$root/$source\"" "$build/compile_commands.json"; then
    sources+=("$source")
  fi
done < <(changed | sort -u)
mapfile -t sources < <(printf '%s\n' "${sources[@]}" | sed '/^$/d' | sort -u)
if [ "${#sources[@]}" -eq 0 ]; then
  echo "clang-tidy: nothing to look at"
  exit 0
fi

cmake --build "$build" --target baokms_kms_proto baokms_etcd_proto baokms_etcd_writes_proto >/dev/null
printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 --quiet -p "$build"
echo "clang-tidy: ${#sources[@]} files, good"
