#!/bin/sh
# What `meson install` puts in place works: the command, its recipes, and examples/segment.cpp against the pkg-config file.
#   install.sh BUILD
set -eu
cd "$(dirname "$0")/../.."
build=${1:?usage: install.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

DESTDIR=$work meson install -C "$build" --no-rebuild --quiet
prefix=$work$(meson introspect "$build" --buildoptions |
  python3 -c 'import json, sys; print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')
pc=$(find "$prefix" -name burin.pc)
[ -n "$pc" ] || { echo "no burin.pc"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH

# A prefix of its own, because DESTDIR stands in front of the one in the file.
${CXX:-g++} -std=c++20 -Wall -Wextra -Werror examples/segment.cpp \
  $(pkg-config --define-variable=prefix="$prefix" --cflags --libs burin) -o "$work/segment"

"$prefix/bin/burin" --version
find "$prefix/share/burin/recipes" -name '*.toml' | grep . >/dev/null || { echo "no recipes"; exit 1; }
"$work/segment" 2>"$work/usage" && { echo "segment without arguments should fail"; exit 1; }
grep -q '^usage: segment' "$work/usage"
"$work/segment" none.safetensors none.png mask.png 2>"$work/error" && { echo "a missing model should fail"; exit 1; }
cat "$work/error"
[ "$(wc -l <"$work/error")" -eq 1 ]
