#!/bin/sh
# Fuzzes the reader of ONNX files for SECONDS (default 60) and, beside it, the others for as long together, from the stored
# seeds and nothing else; fails on a crash, a leak, an input of more than 5 seconds or 512 MB.
# Usage: tests/fuzz/run.sh [SECONDS] [BUILD_DIRECTORY]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
build=${2:-$root/build-fuzz}
others="png jpeg tiff gif_bmp npy npz safetensors dataset_json toml"

if [ ! -f "$build/build.ninja" ]; then
  CC=clang CXX=clang++ meson setup "$build" "$root" -Dfuzz=true -Dperf=false -Dbuildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false -Db_ndebug=false >/dev/null
fi
# shellcheck disable=SC2046
ninja -C "$build" $(for t in onnx $others; do echo "tests/fuzz/fuzz_$t"; done) >"$build/fuzz-build.log" 2>&1 ||
  { tail -30 "$build/fuzz-build.log"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz TARGET SECONDS
fuzz() {
  mkdir "$work/$1"
  if UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$build/tests/fuzz/fuzz_$1" \
    -max_total_time="$2" -rss_limit_mb=512 -timeout=5 -max_len=4096 -verbosity=1 -print_final_stats=1 \
    -artifact_prefix="$build/fuzz-$1-" "$work/$1" "$root/tests/fuzz/seeds/$1" >"$work/$1.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1.log")
    peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$work/$1.log")
    echo "fuzz $1: $runs inputs in $2 s, at most $peak MB"
  else
    tail -40 "$work/$1.log"
    echo "fuzz $1: FAILED, the input is $build/fuzz-$1-*"
    return 1
  fi
}

fuzz onnx "$seconds" &
count=$(echo "$others" | wc -w)
failed=0
for target in $others; do fuzz "$target" $(((seconds + count - 1) / count)) || failed=1; done
wait $! || failed=1
exit $failed
