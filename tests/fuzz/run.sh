#!/bin/sh
# Fuzzes every reader for SECONDS together (default 60), from the stored seeds and nothing else; fails on a crash, a leak,
# an input of more than 5 seconds or 512 MB. Usage: tests/fuzz/run.sh [SECONDS] [BUILD_DIRECTORY]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
build=${2:-$root/build-fuzz}
targets="png jpeg tiff gif_bmp npy npz safetensors dataset_json toml onnx"

if [ ! -f "$build/build.ninja" ]; then
  CC=clang CXX=clang++ meson setup "$build" "$root" -Dfuzz=true -Dperf=false -Dbuildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false -Db_ndebug=false \
    -Dcpp_args=-fsanitize=fuzzer-no-link -Dcpp_link_args=-fsanitize=fuzzer-no-link >/dev/null
fi
# shellcheck disable=SC2046
ninja -C "$build" $(for t in $targets; do echo "tests/fuzz/fuzz_$t"; done) >"$build/fuzz-build.log" 2>&1 ||
  { tail -30 "$build/fuzz-build.log"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=$(echo "$targets" | wc -w)
each=$(((seconds + count - 1) / count))
failed=0
for target in $targets; do
  mkdir "$work/$target"
  if UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$build/tests/fuzz/fuzz_$target" \
    -max_total_time="$each" -rss_limit_mb=512 -timeout=5 -max_len=4096 -verbosity=1 -print_final_stats=1 \
    -artifact_prefix="$build/fuzz-$target-" "$work/$target" "$root/tests/fuzz/seeds/$target" \
    >"$work/log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$work/log")
    echo "fuzz $target: $runs inputs in $each s, at most $peak MB"
  else
    tail -40 "$work/log"
    echo "fuzz $target: FAILED, the input is $build/fuzz-$target-*"
    failed=1
  fi
done
exit $failed
