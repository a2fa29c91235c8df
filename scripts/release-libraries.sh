#!/usr/bin/env bash
# release-libraries.sh [ARCHITECTURE]: static libraries that a release links and that Debian 12 does not ship in a
# usable form, built from Debian's own sources of the same versions as the installed -dev packages. The last line on
# standard output is the directory they are in, outside the checkout and kept for the next time:
# ${XDG_CACHE_HOME:-~/.cache}/bao-kms-provider/release-libraries/ARCHITECTURE-KEY. The key changes with a version,
# with the compiler and with this file. ARCHITECTURE is dpkg's name, this machine's by default; another one needs its
# cross compiler. Sources come from the Debian mirror through apt, which checks their signatures.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
# shellcheck source=scripts/logged.sh
. "$(dirname "$self")/logged.sh"

fail() {
  echo "release-libraries: $1" >&2
  exit 1
}

for tool in apt-get dpkg-source dpkg-architecture cmake ninja make; do
  command -v "$tool" >/dev/null || fail "$tool is missing; run scripts/install-deps.sh build libraries"
done
machine=$(dpkg --print-architecture)
architecture=${1:-$machine}
triplet=$(dpkg-architecture -a"$architecture" -qDEB_HOST_GNU_TYPE 2>/dev/null) || fail "dpkg does not know '$architecture'"
cc=$triplet-gcc
cxx=$triplet-g++
command -v "$cxx" >/dev/null || fail "$cxx is missing; run scripts/install-deps.sh cross"
sysroot=
if [ "$architecture" != "$machine" ]; then
  sysroot=$("$(dirname "$self")/release-sysroot.sh" "$architecture")
fi

# SOURCE PACKAGE: which package's version is taken. Its headers are what the other builds compile with.
sources=(
  "curl libcurl4-openssl-dev"
  "libmicrohttpd libmicrohttpd-dev"
  "prometheus-cpp prometheus-cpp-dev"
  "simdjson libsimdjson-dev"
)
version_of() {
  dpkg-query -W -f='${source:Version}\n' "$1:$architecture" 2>/dev/null || dpkg-query -W -f='${source:Version}\n' "$1" 2>/dev/null ||
    fail "$1 is not installed; run scripts/install-deps.sh libraries"
}
list=
for line in "${sources[@]}"; do
  read -r source package <<<"$line"
  list+="$source $(version_of "$package" | head -n 1)"$'\n'
done
# curl is compiled against OpenSSL's headers.
key=$({
  echo "$list"
  version_of libssl-dev | head -n 1
  "$cxx" -dumpfullversion
  echo "${sysroot##*/}"
  cat "$self"
} | sha256sum | cut -c1-12)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bao-kms-provider/release-libraries
prefix=$cache/$architecture-$key
mkdir -p "$cache"
# Two at a time would build the same twice; the second one finds it.
exec 9>"$cache/lock"
flock 9
if [ -d "$prefix" ]; then
  echo "$prefix"
  exit 0
fi

work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$cache/$architecture-$key.log
echo "release-libraries: building in $work, see $log" >&2
stage=$work/stage

# A sources list and package lists of our own: the machine's stay as they are, and no root is needed.
fetch_sources() {
  local apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/debian.sources" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
  cat >"$work/debian.sources" <<'LIST'
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
LIST
  "${apt[@]}" update
  local source version
  cd "$work/source"
  while read -r source version; do
    [ -n "$source" ] || continue
    if ! "${apt[@]}" source "$source=$version"; then
      echo "the mirror has no source of $source $version: bring this machine's packages up to date (apt-get upgrade)"
      exit 1
    fi
    mv "$source-"*/ "$work/$source"
    install -D -m 0644 "$work/$source/debian/copyright" "$stage/share/doc/$source/copyright"
  done <<<"$list"
}

# As the program is compiled (cmake/Toolchain.cmake), without this directory's name in the result.
flags="-O2 -g1 -fPIC -fstack-protector-strong -fno-omit-frame-pointer -ffunction-sections -fdata-sections"
flags+=" -ffile-prefix-map=$work=/usr/src"
cross=()
if [ -n "$sysroot" ]; then
  flags+=" -ffile-prefix-map=$sysroot= --sysroot=$sysroot"
  cross=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=${triplet%%-*}" "-DCMAKE_SYSROOT=$sysroot")
  export PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$triplet/pkgconfig
fi

with_configure() {
  local source=$1
  shift
  cd "$work/$source"
  ./configure --host="$triplet" CC="$cc" CXX="$cxx" CFLAGS="$flags" CPPFLAGS=-D_FORTIFY_SOURCE=2 \
    LDFLAGS="${sysroot:+--sysroot=$sysroot}" --prefix=/usr --disable-shared --enable-static --disable-dependency-tracking "$@"
  make -j"$(nproc)"
  make install DESTDIR="$work/installed"
}

with_cmake() {
  local source=$1
  shift
  cmake -S "$work/$source" -B "$work/$source/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DBUILD_SHARED_LIBS=OFF \
    -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_CXX_FLAGS="$flags -D_FORTIFY_SOURCE=2" "${cross[@]}" "$@"
  cmake --build "$work/$source/build"
  DESTDIR=$work/installed cmake --install "$work/$source/build"
}

build_all() {
  fetch_sources
  # What adapters/transit_http asks of curl: HTTP/1.1 over OpenSSL, through a CONNECT proxy or not, with addresses
  # that we looked up. No default CA file, and no configuration file of OpenSSL's.
  with_configure curl --with-openssl --without-ca-bundle --without-ca-path --disable-openssl-auto-load-config \
    --enable-http --enable-proxy --enable-ipv6 --enable-threaded-resolver --disable-versioned-symbols \
    --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet \
    --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt \
    --disable-manual --disable-libcurl-option --disable-unix-sockets --disable-cookies --disable-http-auth \
    --disable-crypto-auth --disable-ntlm --disable-ntlm-wb --disable-tls-srp --disable-sspi --disable-doh \
    --disable-mime --disable-dateparse --disable-netrc --disable-get-easy-options --disable-alt-svc \
    --disable-headers-api --disable-hsts --disable-websockets --without-zlib --without-brotli --without-zstd \
    --without-libpsl --without-libgsasl --without-libssh --without-libssh2 --without-librtmp --without-libidn2 \
    --without-nghttp2 --without-gssapi
  # Plain HTTP on loopback or a node's address: health and metrics.
  with_configure libmicrohttpd --disable-https --disable-doc --disable-examples --disable-curl --disable-bauth \
    --disable-dauth --disable-postprocessor --disable-httpupgrade --disable-nls
  with_cmake prometheus-cpp -DENABLE_PULL=OFF -DENABLE_PUSH=OFF -DENABLE_COMPRESSION=OFF -DENABLE_TESTING=OFF \
    -DUSE_THIRDPARTY_LIBRARIES=OFF -DGENERATE_PKGCONFIG=OFF -DOVERRIDE_CXX_STANDARD_FLAGS=OFF -DCMAKE_CXX_STANDARD=17
  with_cmake simdjson
  mv "$work/installed/usr/include" "$work/installed/usr/lib" "$stage/"
  rm -f "$stage"/lib/*.la
  printf '%s' "$list" >"$stage/versions"
  mv "$stage" "$prefix"
}

logged "$log" build_all
echo "$prefix"
