#!/usr/bin/env bash
# release-licenses.sh INPUTS LIBRARIES OUTPUT [SYSROOT]: writes OUTPUT, the names, versions and licenses of everything of others
# in a static program. INPUTS is the linker's --dependency-file, LIBRARIES what release-libraries.sh built. A file that
# belongs to no package is an error. Files of SYSROOT (release-sysroot.sh) are those of the same packages here.
set -euo pipefail
inputs=$1 libraries=$2 output=$3 sysroot=${4:-/no/sysroot}
here=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

fail() {
  echo "release-licenses: $1" >&2
  exit 1
}

# Code that comes from headers alone, which the linker does not see.
headers=(libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev)

declare -A texts # "source version" -> its copyright file

# take_package PACKAGE [LIST]: with the version that LIST has, or the installed one.
take_package() {
  local package=$1 name text
  name=$(dpkg-query -W -f='${source:Package} ${source:Version}' "$package") || fail "package $package is not installed"
  if [ $# -gt 1 ]; then
    name=$(awk -v "package=${package%%:*}" '$1 == package {print $2, $3}' "$2")
    [ -n "$name" ] || fail "$package is not in $2"
  fi
  text=/usr/share/doc/${package%%:*}/copyright
  [ -r "$text" ] || fail "$text is missing"
  texts[$name]=$text
}

list=()
[ ! -r "$sysroot/packages" ] || list=("$sysroot/packages")
for package in "${headers[@]}"; do take_package "$package" "${list[@]}"; done

mapfile -t files < <(sed -e 's/^[^:]*: *//' -e 's/\\$//' "$inputs" | tr -s ' ' '\n' | grep -E '^/' | sort -u)
[ ${#files[@]} -gt 50 ] || fail "$inputs names only ${#files[@]} libraries and objects"
for file in "${files[@]}"; do
  file=$(realpath "$file")
  case "$file" in
    "$libraries"/lib/*)
      # The sources have other names than the archives.
      name=$(basename "$file" .a)
      source=$(awk -v "name=${name#lib}" 'index(name, $1) == 1 || $1 == "lib" name {print $1}' "$libraries/versions")
      [ -n "$source" ] || fail "$file is of no source in $libraries/versions"
      texts["$(grep "^$source " "$libraries/versions")"]=$libraries/share/doc/$source/copyright
      ;;
    /tmp/cc*) ;; # the compiler driver's own
    *)
      list=()
      if [[ $file == "$sysroot"/* ]]; then
        file=$(sed -E "s#^/usr/lib/[a-z0-9_]+-linux-gnu[a-z]*/#/usr/lib/$here/#" <<<"${file#"$sysroot"}")
        list=("$sysroot/packages")
      fi
      package=$(dpkg -S "$file" 2>/dev/null | head -n 1 | sed 's/: .*//') || true
      [ -n "$package" ] || fail "$file belongs to no package"
      take_package "$package" "${list[@]}"
      ;;
  esac
done

{
  echo "bao-kms-provider contains code of the projects below. Each is the source package of Debian 12 with this"
  echo "version, unchanged; https://www.debian.org has the sources. Their licenses follow in the same order."
  echo
  mapfile -t names < <(printf '%s\n' "${!texts[@]}" | LC_ALL=C sort)
  printf '  %s\n' "${names[@]}"
  for name in "${names[@]}"; do
    printf '\n%s\n%s\n\n' "$(printf '=%.0s' {1..78})" "$name"
    cat "${texts[$name]}"
  done
} >"$output"
