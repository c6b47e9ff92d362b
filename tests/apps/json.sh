#!/bin/bash
# The command from data to scores: a training that Ctrl-C stops and its printed line resumes, what infer writes, and the
# keys and numbers that --json prints. Names of files hold quotes, blanks and bytes that are no UTF-8.
#
#   json.sh BURIN
set -u
. "$(dirname "$0")/scratch.sh"

"$burin" prepare fundus --synthetic 6 --size 96 --seed 5 --to data --json >prepare.json 2>err.txt || { cat err.txt; exit 1; }
check "prepare leaves val to the recipe" json prepare.json 'o[0]["train"] == 4 and o[0]["val"] == 0 and o[0]["test"] == 2'
"$burin" prepare fundus --synthetic 6 --size 96 --seed 5 --val 0.25 --to cut --json >prepare.json 2>err.txt
check "prepare --val" json prepare.json 'o[0]["train"] == 3 and o[0]["val"] == 1'
check "the folder has val" test -d cut/val/images

cat >tiny.toml <<'TOML'
network = "fundus-unet"
[data]
width = 96
validation = 0.25
[sampler]
patch = 16
[train]
steps = 120
batch = 1
checkpoint_seconds = 0.2
[infer]
flips = true
TOML

# Ctrl-C, after the first checkpoint: then the signal finds its handler.
(exec "$burin" train tiny.toml --data data --out "a run's" --json >train.json 2>err.txt) &
pid=$!
for _ in $(seq 600); do
  [ -e "a run's/last.safetensors" ] && break
  sleep 0.05
done
kill -INT "$pid"
wait "$pid"
check "Ctrl-C ends with 0" test $? -eq 0
check "Ctrl-C stops the training" json train.json 'not o[0]["finished"] and 0 < o[0]["step"] < 120'
line=$(sed -n 's/^stopped; go on with: //p' err.txt)
check "a line that resumes" test -n "$line"
check "it resumes" bash -c "$line >resumed.json 2>err.txt"
check "it says where" grep -q "resumed at step [1-9]" err.txt
check "it ends" json resumed.json 'o[0]["finished"] and o[0]["step"] == 120'
check "one of four pictures validates" grep -q '"validation"' "a run's/history.jsonl"
check "a report" test -s "a run's/report.html"
check "run.json" json <(tr -d '\n' <"a run's/run.json") 'o[0]["arguments"][1] == "train" and o[0]["kernels"] and o[0]["seed"] is None'

"$burin" infer "a run's" data/test/images --out out --seed 9 --json >infer.json 2>err.txt
check "infer ends with 0" test $? -eq 0
check "infer --json" json infer.json 'len(o) == 2 and all({"input", "mask", "width", "height", "found_share", "seconds"} <= set(r) for r in o)'
for kind in masks probabilities overlays; do
  check "infer writes $kind" test "$(cd out/$kind && echo *)" = "$(cd data/test/images && echo *)"
done
check "infer's run.json" json <(tr -d '\n' <out/run.json) 'o[0]["seed"] == 9 and o[0]["precision"] == "f32" and "model" in o[0]'
"$burin" infer "a run's" data/test/images missing.png --out broken >/dev/null 2>err.txt
check "run.json is there from the start" test -s broken/run.json
"$burin" infer "a run's" data/test/images --out windows --window 32 --no-flips --json >windows.json 2>err.txt
check "infer by windows" json windows.json 'len(o) == 2'
"$burin" infer "a run's" data/test/images --out windows --window 32 >/dev/null 2>err.txt
check "windows refuse the recipe's flips" test $? -eq 2

# Bytes that are no UTF-8, in the names of a picture, of a folder and of the results.
odd=$(printf 'odd\xff\xe9')
mkdir "$odd"
cp "$(find data/test/images -name '*.png' | head -n 1)" "$odd/eye$odd.png"
"$burin" infer "a run's" "$odd" --out "out$odd" --json >odd.json 2>err.txt
check "infer of an odd name" test $? -eq 0
check "its JSON" json odd.json 'o[0]["input"].startswith("odd\ufffd")'
check "its mask" test -s "out$odd/masks/eye$odd.png"
check "its run.json" json <(tr -d '\n' <"out$odd/run.json") 'o[0]["arguments"][-1] == "--json"'

"$burin" eval "a run's" --data data --json >eval.json 2>err.txt
check "eval ends with 0" test $? -eq 0
check "eval --json" json eval.json '
len(o) == 1 and len(o[0]["cases"]) == 2 and all(
  0 <= part[key] <= 1 for part in [o[0], o[0]["native"], *o[0]["cases"]]
  for key in ("dice", "roc_auc", "pr_auc", "sensitivity", "specificity", "accuracy"))'

# Three classes: red houses (1) and blue ruins (2) on grey ground.
python3 - <<'PYTHON'
import hashlib, json, os, struct, sys, zlib
def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
def png(path, channels, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    header = struct.pack(">IIBBBBB", 48, 48, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
        chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(r) for r in rows))) + chunk(b"IEND", b""))
files = []
for split, name, shift in [("train", "a", 0), ("train", "b", 7), ("test", "c", 3)]:
    label = [[1 if 8 <= (x + shift) % 32 < 20 and y < 20 else 2 if 28 <= y < 40 and (x + shift) % 24 < 12 else 0
              for x in range(48)] for y in range(48)]
    colour = [(90, 90, 90), (220, 40, 40), (40, 40, 220)]
    png(f"houses/{split}/images/{name}.png", 3, [[v for c in row for v in colour[c]] for row in label])
    png(f"houses/{split}/masks/{name}.png", 1, label)
    files += [f"{split}/{kind}/{name}.png" for kind in ("images", "masks")]
sums = {f: hashlib.sha256(open("houses/" + f, "rb").read()).hexdigest() for f in files}
json.dump({"version": 1, "task": "damage", "classes": ["ground", "house", "ruin"], "seed": 1, "source": "test",
           "files": sums}, open("houses/dataset.json", "w"))
PYTHON
cat >houses.toml <<'TOML'
network = "damage-unet"
[model]
classes = 3
width = 4
[data]
width = 48
validation = 0
[sampler]
patch = 32
per_epoch = 64
[loss]
kind = "dice+ce"
[schedule]
rate = 0.01
[train]
steps = 120
batch = 4
TOML
"$burin" train houses.toml --data houses --out classes --json >train.json 2>err.txt
check "training with three classes" json train.json 'o[0]["finished"]'
"$burin" eval classes --data houses --json >eval.json 2>err.txt
check "eval of three classes" json eval.json '
all([c["name"] for c in part["classes"]] == ["ground", "house", "ruin"] and
  sum(map(sum, part["confusion"])) == 48 * 48 and part["roc_auc"] is None and
  all(abs(c["sensitivity"] - row[k] / sum(row)) < 1e-12 for k, (c, row) in enumerate(zip(part["classes"], part["confusion"]))) and
  all(abs(c["dice"] - 2 * row[k] / (sum(row) + sum(r[k] for r in part["confusion"]))) < 1e-12
      for k, (c, row) in enumerate(zip(part["classes"], part["confusion"])))
  for part in [o[0], o[0]["native"], o[0]["cases"][0], o[0]["cases"][0]["native"]])'
check "its classes are found" json eval.json 'o[0]["dice"] > 0.9'
"$burin" eval classes --data houses >eval.txt 2>err.txt
check "its table" test "$(grep -c '^  [ghr]' eval.txt)" = 12
check "its matrix" test "$(tail -n 3 eval.txt | awk '{ sum += $2 + $3 + $4 } END { print sum }')" = 2304
"$burin" infer classes houses/test/images --out found --json >infer.json 2>err.txt
check "infer of three classes" json infer.json 'len(o) == 1'
check "probabilities of each" test "$(cd found/probabilities && echo *)" = "c_0.png c_1.png c_2.png"
# The masks are truth for a second evaluation: every pixel is found.
cp found/masks/c.png houses/test/masks/c.png
python3 - <<'PYTHON'
import hashlib, json
sets = json.load(open("houses/dataset.json"))
sets["files"]["test/masks/c.png"] = hashlib.sha256(open("found/masks/c.png", "rb").read()).hexdigest()
json.dump(sets, open("houses/dataset.json", "w"))
PYTHON
"$burin" eval classes --data houses --json >eval.json 2>err.txt
check "its mask reads as class numbers" json eval.json 'o[0]["native"]["accuracy"] == 1 and len(o[0]["native"]["classes"]) == 3'
"$burin" eval classes --data houses --baseline >/dev/null 2>err.txt
check "a green threshold finds one class" test $? -eq 2

"$burin" machine --json --peaks >machine.json 2>err.txt
check "machine --peaks" json machine.json '
o[0]["peaks"] and all(
  p["gflops"] > 0 if "isa" in p else p["gbytes_per_second"] > 0 and p["bytes_per_thread"] > 0 for p in o[0]["peaks"])'

# inspect NETWORK PARAMETERS MACS [OPTION...]
inspect() {
  local name=$1 parameters=$2 macs=$3
  shift 3
  "$burin" inspect "$name" "$@" --json >inspect.json 2>err.txt
  check "inspect $name" json inspect.json \
    "o[0]['parameters'] == $parameters and o[0]['statistics'] > 0 and o[0]['macs'] == $macs"
}
inspect fundus-unet-faithful 11339318 3030430464 --shape 1x3x48x48
inspect fundus-unet 11339327 3030430464 --shape 1x3x48x48
inspect damage-unet 31037893 192736657408 --shape 1x3x512x512
inspect damage-unet 31037828 192719880192 --classes 4
inspect damage-unet 122103 782237696 --classes 3 --width 4
inspect damage-unet 31039621 193189642240 --channels 6
# statistics > 0 above; these have none or several inputs
counts() {
  local name=$1 parameters=$2 statistics=$3 macs=$4
  shift 4
  "$burin" inspect "$name" "$@" --definition --json >inspect.json 2>err.txt
  check "inspect $name --definition" json inspect.json "(o[-1]['parameters'] == $parameters == sum(n['parameters'] for n in o[:-1]) and
    o[-1]['statistics'] == $statistics and
    o[-1]['macs'] == $macs == sum(n['macs'] for n in o[:-1]))"
}
counts pix2pix-discriminator 6962625 0 17059315712
counts xray-cnn 48019248 0 1787732352
counts student-generator 2054368 17792 4*115392512 --shape 4x512,4x10
counts student-discriminator 3415178 0 35651722
counts teacher-generator 20215315 0 4007130112
counts repvgg-a2 26815690 42560 1850095360
counts repvgg-a2 24105034 0 1665087232 --merged
inspect "a run's" 11339327 3030430464

echo "$passed checks held, $failed not"
[ "$failed" -eq 0 ]
