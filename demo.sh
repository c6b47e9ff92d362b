#!/bin/bash
# From nothing to a report: installs what is missing, builds, makes synthetic photographs of the retina, trains a vessel network on
# them, segments pictures it has not seen and scores them. Less than ten minutes on two cores after the build; everything
# it makes is in demo/ or in the folder that BURIN_DEMO_OUT names.
#
#   ./demo.sh [BUILD]      BUILD: a build directory that is ready (default: build/, made here)
#
# BURIN_DEMO=tiny: a few steps on small pictures, to see in a minute that all parts work; learns nothing.
set -euo pipefail
cd "$(dirname "$0")"
build=${1:-build}
out=${BURIN_DEMO_OUT:-demo}

if [ $# -eq 0 ]; then
  ./deps.sh build
  [ -f build/build.ninja ] || meson setup build -Dtests=false
  ninja -C build burin
fi
burin=$build/burin

pictures=16
settings=()
if [ "${BURIN_DEMO:-}" = tiny ]; then
  pictures=4
  settings=(--set train.steps=4 --set train.validate_every=2 --set train.batch=2 --set sampler.patch=32
    --set data.width=96 --set infer.flips=false)
fi

say() { printf '\n== %s\n' "$*"; }
rm -rf "$out"/{data,run,out}
mkdir -p "$out"

say "$pictures synthetic photographs"
"$burin" prepare fundus --synthetic "$pictures" --seed 7 --to "$out/data"
say "training; Ctrl-C writes a checkpoint and shows how to go on"
"$burin" train recipes/fundus-demo.toml --data "$out/data" --out "$out/run" "${settings[@]}"
say "segmenting the pictures of the test part"
"$burin" infer "$out/run" "$out/data/test/images" --out "$out/out"
say "scores on the test part; the baseline is the best threshold of the green channel"
"$burin" eval "$out/run" --data "$out/data" --split test --baseline
say "masks and overlays: $out/out    report: $(realpath "$out/run/report.html")"
