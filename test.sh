#!/bin/bash
# Installs what is missing, builds and runs every check. Goes on after a failure, and ends with one line: "N passed, N failed".
#
#   ./test.sh          everything: about half an hour on two cores
#   ./test.sh quick    format, text, sizes, one build and its tests
#
# Works in build-ci-*/ and build-ci-logs/. BURIN_JOBS: processes at a time, default one per processor.
set -u
cd "$(dirname "$0")"
mode=${1:-all}
case $mode in all | quick) ;; *) echo "usage: ./test.sh [quick]" >&2; exit 2 ;; esac

jobs=${BURIN_JOBS:-$(nproc)}
logs=build-ci-logs
passed=0 failed=0 skipped=0
mkdir -p $logs
unset BURIN_MAX_ISA BURIN_KERNEL

# count passed|failed|skipped NAME SECONDS: one result; a failed one shows its first errors and the end of its log.
count() {
  eval "$1=\$(($1 + 1))"
  printf '%-8s %s (%s s)\n' "$1" "$2" "$3"
  [ "$1" != failed ] || { grep -m 20 -A 3 'error:' "$logs/$2.log"; tail -n 40 "$logs/$2.log"; } | sed 's/^/    | /'
}

# step NAME COMMAND...: one check; exit code 77 counts as skipped.
step() {
  local name=$1 start=$SECONDS code
  shift
  "$@" >"$logs/$name.log" 2>&1
  code=$?
  case $code in
    0) count passed "$name" $((SECONDS - start)) ;;
    77) count skipped "$name" $((SECONDS - start)) ;;
    *) count failed "$name" $((SECONDS - start)) ;;
  esac
  return $code
}

cache=""
! command -v ccache >/dev/null || cache="ccache "

# configure NAME COMPILER BUILD OPTION...: for the first time or again.
configure() {
  local name=$1 compiler=$2 directory=$3 again=""
  shift 3
  [ ! -f "$directory/build.ninja" ] || again=--reconfigure
  step "configure-$name" env CXX="$cache$compiler" meson setup $again "$directory" "$@"
}

# build NAME COMPILER BUILD OPTION...: configures and compiles.
build() {
  configure "$@" || return 1
  step "build-$1" ninja -C "$3" -j "$jobs" -k 0
}

# suite BUILD LEVEL PATTERN: the meson tests whose names match, at one instruction-set level, each counted by itself.
suite() {
  local build=$1 level=$2 pattern=$3 start=$SECONDS
  local name=tests-$build-$level names test state
  # meson runs nothing when the program of one test is missing: such a test counts as failed here.
  names=$(meson introspect "$build" --tests | python3 -c '
import json, os, re, sys
for test in json.load(sys.stdin):
    if re.search(sys.argv[1], test["name"]):
        print(test["name"], "built" if os.path.exists(test["cmd"][0]) else "missing")' "$pattern")
  while read -r test state; do
    [ "$state" = missing ] || continue
    echo "not built" >"$logs/$name-$test.log"
    count failed "$name-$test" 0
  done <<<"$names"
  names=$(awk '$2 == "built" { print $1 }' <<<"$names")
  [ -n "$names" ] || return
  local json=$build/meson-logs/$name.json
  rm -f "$json"
  meson test -C "$build" --no-rebuild --setup "$level" --logbase "tests-$build" --num-processes "$jobs" \
    --print-errorlogs $names >"$logs/$name.log" 2>&1
  if [ ! -s "$json" ]; then
    count failed "$name" $((SECONDS - start))
    return
  fi
  local good bad other
  read -r good bad other < <(python3 - "$json" <<'EOF'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1])]
good = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
other = sum(r == "SKIP" for r in results)
print(good, len(results) - good - other, other)
EOF
  )
  printf 'tests    %s at %s: %d passed, %d failed, %d skipped (%d s)\n' "$build" "$level" "$good" "$bad" \
    "$other" $((SECONDS - start))
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + other))
  [ "$bad" -eq 0 ] || tail -n 60 "$logs/$name.log" | sed 's/^/    | /'
}

# Levels that this CPU has, besides its highest.
lower_levels() {
  echo reference
  ! grep -qw avx512bw /proc/cpuinfo || echo avx2
  ! grep -qw amx_tile /proc/cpuinfo && ! grep -qw avx512_vnni /proc/cpuinfo || echo avx512
}

step dependencies ./deps.sh
for check in format text sizes; do step $check tests/checks/$check.sh; done

build gcc g++ build-ci-gcc -Dwerror=true
if [ $mode = quick ]; then
  suite build-ci-gcc default .
else
  step headers tests/checks/headers.sh build-ci-gcc
  step symbols tests/checks/symbols.sh build-ci-gcc
  suite build-ci-gcc default .
  # The reference kernels take minutes for the networks.
  for level in $(lower_levels); do
    suite build-ci-gcc "$level" "^(kernels|engine|train$([ "$level" = reference ] || echo '|models'))_"
  done
  step install tests/checks/install.sh build-ci-gcc
  step readme tests/checks/readme.sh build-ci-gcc
  step demo env BURIN_DEMO=tiny BURIN_DEMO_OUT=$logs/demo ./demo.sh build-ci-gcc

  # Everything with another compiler, under the sanitizers, with the fuzzers and without oneDNN; then what that left out.
  build sanitized clang++ build-ci-sanitized -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false \
    -Doptimization=2 -Ddebug=false -Db_ndebug=false -Dfuzz=true -Donednn=disabled -Dperf=false \
    -Dcpp_args=-gline-tables-only
  suite build-ci-sanitized default '^(kernels|engine|io|models|train|fuzz|apps_bad)'
  step fuzz tests/fuzz/run.sh 60 build-ci-sanitized
  configure clang clang++ build-ci-clang -Dwerror=true -Dtests=false &&
    step build-clang ninja -C build-ci-clang -j "$jobs" -k 0 \
      $(ninja -C build-ci-clang -t targets all | grep -Eo '^(kernels/.*/onednn_|perf/)[^:]*\.o')
fi

echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
