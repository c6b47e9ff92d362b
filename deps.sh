#!/bin/sh
# Installs what Burin needs on Debian 12 or Ubuntu 24.04, with apt. Says what it installs and asks for nothing;
# uses sudo when it is not root.
#
#   ./deps.sh          what the build and the tests need
#   ./deps.sh build    what the build needs
set -eu

build="g++ meson ninja-build pkg-config libxsimd-dev libhwloc-dev libdnnl-dev libstb-dev libpng-dev
  libjpeg-dev libtiff-dev zlib1g-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev doctest-dev
  libprotobuf-dev libonnx-dev"
# libclang-rt-dev: the sanitizers and the fuzzer, which clang only recommends.
checks="clang libclang-rt-dev clang-format libomp-dev git libonnx-testdata"

case "${1:-test}" in
  build) wanted=$build ;;
  test) wanted="$build $checks" ;;
  *) echo "usage: ./deps.sh [build|test]" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
  echo "deps.sh: no apt here; install the equivalents of:" $wanted >&2
  exit 1
fi

missing=""
for package in $wanted; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "deps.sh: everything is installed"
  exit 0
fi

echo "deps.sh: installing$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "deps.sh: not root and no sudo; install:$missing" >&2; exit 1; }
  as_root=sudo
fi
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
