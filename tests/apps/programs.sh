#!/bin/bash
# Compiled programs on the command line: run with its check, bench, and what inspect says of them.
#
#   programs.sh BURIN
set -u
. "$(dirname "$0")/scratch.sh"

# run
"$burin" run resnet20 --output y.npy --check --json >run.json 2>err.txt
check "run --check" test $? -eq 0
check "each node" json run.json 'len(o) > 20 and all(n["error"] <= 1e-4 and {"node", "op", "kernel"} <= set(n) for n in o[:-1])'
check "the output" json run.json 'o[-1]["output"] == "output" and o[-1]["shape"] == "1x10"'
check "its file" test -s y.npy
"$burin" run resnet20 --json >again.json 2>err.txt
check "the same without the check" json <(cat run.json again.json) 'abs(o[-1]["mean"] - o[-2]["mean"]) < 1e-5'
"$burin" run resnet20 --batch 3 --precision exact --check --json >run.json 2>err.txt
check "exact" json run.json 'o[-1]["shape"] == "3x10" and all(n["error"] <= 1e-5 for n in o[:-1])'
"$burin" run damage-unet --shape 1x3x128x128 --check --json >run.json 2>err.txt
check "composed phases" json run.json 'any(n.get("op") == "border_bias" for n in o) and all(n["error"] <= 1e-4 for n in o[:-1])'
"$burin" run resnet20 --input y.npy >run.txt 2>err.txt
check "an input of another shape" test $? -eq 1

# bench
"$burin" bench resnet20 --batch 1,2 --threads 2 --streams 1,2 --seconds 0.1 --json >bench.json 2>err.txt
check "bench" json bench.json '[(r["batch"], r["streams"]) for r in o] == [(1, 1), (1, 2), (2, 1), (2, 2)]'
check "its keys" json bench.json 'all(set(r) == {"model", "shape", "batch", "precision", "threads", "streams", "median_ms",
  "min_ms", "p99_ms", "images_per_s", "gflops", "peak_share", "load_ms", "first_ms", "peak_rss_mb"} for r in o)'
check "its order" json bench.json 'all(0 < r["min_ms"] <= r["median_ms"] <= r["p99_ms"] and r["threads"] == 2 for r in o)'
check "its rate" json bench.json 'all(abs(r["gflops"] * r["median_ms"] / (2e-6 * 40813184 * r["batch"] * r["streams"]) - 1) < 1e-6 for r in o)'
"$burin" bench student-generator --shape 2x512,2x10 --seconds 0 >bench.txt 2>err.txt
check "bench's table" test "$(grep -c '2x512,2x10' bench.txt)" = 1
printf '\n3\n' | "$burin" bench resnet20 --rounds-from-stdin >turns.json 2>err.txt
check "turns" json turns.json 'len(o) == 3 and o[0]["macs"] == 40813184 and [t["images"] for t in o[1:]] == [1, 3]'
for words in "--batch 0" "--streams 1,x" "--precision f64" "--shape 1x" "--bands 0" "--bands many" "--bands 8 --tune"; do
  "$burin" bench resnet20 $words >bench.txt 2>err.txt
  check "bench $words" test $? -eq 2
done
export XDG_CACHE_HOME=$PWD/cache
"$burin" bench resnet20 --tune --seconds 0 --json >first.json 2>err.txt
check "bench --tune" json first.json 'o[0]["median_ms"] > 0'
check "its file" grep -q "^conv 1x3x32x32 -> 1x16x32x32, kernel 3x3, pad 1x1, relu, f32" cache/burin/kernels-*.txt
cp cache/burin/kernels-*.txt before.txt
"$burin" inspect resnet20 --tune --layers --json >layers.json 2>err.txt
check "remembered" cmp -s before.txt cache/burin/kernels-*.txt
check "inspect --tune" json layers.json 'all(any(c.get("timed_ms", 0) > 0 and c["kernel"] == n["kernel"] for c in n["ranking"]) for n in o[:-1] if n["macs"])'
echo "burin 0.0.0: other" >"$(ls cache/burin/kernels-*.txt)"
"$burin" run resnet20 --tune --json >run.json 2>err.txt
check "a file of another version" cmp -s <(cut -f 1 before.txt) <(cut -f 1 cache/burin/kernels-*.txt)
touch no-folder
XDG_CACHE_HOME=$PWD/no-folder "$burin" run resnet20 --tune --json >run.json 2>err.txt
check "--tune where nothing can be written" json run.json 'o[-1]["shape"] == "1x10"'
check "its warning" test "$(wc -l <err.txt) $(grep -c '^--tune: times are not kept: ' err.txt)" = "1 1"
# The second times less and is over before the first, which began with the same file.
"$burin" run resnet20 --batch 32 --tune >first.txt 2>first.err &
"$burin" run resnet20 --batch 2 --tune >run.txt 2>err.txt
wait $!
check "two with --tune keep what both found" test "$(cut -d ' ' -f 2 cache/burin/kernels-*.txt | grep -Ec '^(1|2|32)x3x32x32$')" = 3
XDG_CACHE_HOME= HOME= "$burin" run resnet20 --tune >run.txt 2>err.txt
check "--tune without a cache folder" test $? -eq 1
"$burin" run fundus-unet --shape 1x3x96x96 --bands off --output whole.npy >run.txt 2>err.txt
"$burin" run fundus-unet --shape 1x3x96x96 --bands 16 --output banded.npy >run.txt 2>err.txt
check "run --bands" cmp -s whole.npy banded.npy
"$burin" inspect fundus-unet --shape 1x3x96x96 --bands 16 --memory >memory.txt 2>err.txt
check "inspect --bands" grep -q "in 6 bands of 16 rows: " memory.txt
"$burin" bench resnet20 --max-memory 1000 >bench.txt 2>err.txt
check "bench --max-memory" test $? -eq 1
"$burin" bench nothing.onnx >bench.txt 2>err.txt
check "bench of no file" test $? -eq 1
BURIN_MAX_ISA=avx2 "$burin" run resnet20 --precision bf16 >run.txt 2>err.txt
check "bf16 where no level has it" test "$? $(grep -c '^bf16: .* f32 serves' err.txt)" = "0 1"

# inspect
"$burin" inspect resnet20 --layers --json >layers.json 2>err.txt
check "inspect --layers" json layers.json 'all(n["kernel"] for n in o[:-1]) and sum(n["macs"] for n in o[:-1]) == o[-1]["macs"] and
  all(("cost" in c) != ("refused" in c) for n in o[:-1] for c in n["ranking"]) and
  all(n["ranking"][0]["kernel"] == n["kernel"] for n in o[:-1] if n["ranking"])'
"$burin" inspect resnet20 --profile --seconds 0.2 --trace t.json --roofline r.svg --json >profile.json 2>err.txt
check "inspect --profile" json profile.json '0.97 <= o[-2]["accounted"] <= 1.0 + 1e-9 and o[-3]["op"] == "load inputs" and
  abs(sum(n["share"] for n in o[:-2]) - o[-2]["accounted"]) < 1e-6'
check "--trace" json t.json 'len(o[0]["traceEvents"]) > 20 and all(e["ph"] == "X" and e["dur"] >= 0 for e in o[0]["traceEvents"])'
check "--roofline" python3 -c 'import sys, xml.dom.minidom as m; sys.exit(len(m.parse("r.svg").getElementsByTagName("circle")) < 20)'
"$burin" inspect resnet20 --passes --memory --json >plan.json 2>err.txt
check "inspect --passes" json plan.json '[p["pass"] for p in o if "pass" in p][0] == "fold_constants" and
  any(p.get("changes", {}).get("batch_norm", 0) < 0 for p in o) and any("return" in p.get("graph", "") for p in o)'
check "inspect --memory" json plan.json 'any(0 < p.get("live_bytes", 0) <= p["activation_bytes"] and "#" in p["map"] for p in o)'

echo "$passed checks held, $failed not"
[ "$failed" -eq 0 ]
