#!/bin/bash
# Bad input of every kind: one line on standard error that names the file or key, exit code 1 (2 for a wrong command
# line), nothing half-written.
#
#   bad_input.sh BURIN
set -u
. "$(dirname "$0")/scratch.sh"

# expect CODE WORD COMMAND...: exit code, one line on standard error that holds WORD, no temporary file left.
expect() {
  local code=$1 word=$2
  shift 2
  "$@" >out.txt 2>err.txt
  local got=$? lines
  # Progress and notes come before the error; the error is the last line and starts with the program's name.
  lines=$(grep -c '^burin: ' err.txt)
  if [ "$got" -eq "$code" ] && [ "$lines" -eq 1 ] && tail -n 1 err.txt | grep '^burin: ' | grep -q -- "$word" &&
    [ -z "$(find . -name '*.tmp.*')" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL (exit $got, wanted $code and '$word'): $*"
    sed 's/^/    /' err.txt
  fi
}

fail() {
  failed=$((failed + 1))
  echo "FAIL: $*"
}

"$burin" prepare fundus --synthetic 6 --size 96 --seed 5 --to data >/dev/null 2>err.txt || { cat err.txt; exit 1; }
cat >tiny.toml <<'TOML'
network = "fundus-unet"
[data]
width = 96
validation = 0
[sampler]
patch = 16
[train]
steps = 3
batch = 1
TOML
"$burin" train tiny.toml --data data --out run >/dev/null 2>err.txt || { cat err.txt; exit 1; }
picture=$(find data -path '*test/images*' -name '*.png' | head -n 1)
trained=$(find data -path '*train/images*' -name '*.png' | head -n 1)
name=$(basename "$trained")

# The command line.
expect 2 'required (burin help train ' "$burin" train
expect 2 frobnicate "$burin" frobnicate
expect 2 frobnicate "$burin" train tiny.toml --data data --out x --frobnicate
expect 2 threads "$burin" infer run "$picture" --out x --threads none
expect 2 bind "$burin" infer run "$picture" --out x --bind everywhere
expect 2 precision "$burin" infer run "$picture" --out x --precision int3
expect 2 verb "$burin" help frobnicate
expect 2 max-memory "$burin" infer run "$picture" --out x --max-memory many

for verb in prepare train infer eval convert run inspect machine; do
  "$burin" help | grep -q "^  $verb  *[a-z]" || fail "help does not list $verb"
  [ "$("$burin" "$verb" --version)" = "$("$burin" --version)" ] || fail "$verb --version"
  for option in json threads bind seed precision max-memory version; do
    "$burin" help "$verb" | grep -q -- "^  --$option " || fail "$verb has no --$option"
  done
  "$burin" help "$verb" | grep -q "^  burin $verb " || fail "help $verb shows no example"
  [ "$("$burin" help "$verb")" = "$("$burin" "$verb" --help)" ] || fail "help $verb differs from $verb --help"
done
"$burin" machine --json --seed 7 | grep -q '"seed":7' || fail "machine does not record the seed"
expect 2 max-memory "$burin" machine --max-memory 4X
expect 1 max-memory "$burin" inspect damage-unet --max-memory 1M

# What a way of inference has no use for. The recipe takes whole pictures.
expect 2 stride "$burin" infer run "$picture" --out x --stride 8
expect 2 blend "$burin" infer run "$picture" --out x --blend constant
expect 2 stride "$burin" eval run --data data --window 16 --stride 17
expect 2 stride "$burin" infer run "$picture" --out x --whole --stride 8
expect 2 flips "$burin" infer run "$picture" --out x --window 16 --flips
expect 2 flips "$burin" infer run "$picture" --out x --flips --no-flips
expect 2 whole "$burin" infer run "$picture" --out x --window 16 --whole
expect 2 threshold "$burin" infer run "$picture" --out x --threshold nan
expect 2 threshold "$burin" infer run "$picture" --out x --threshold 1.5
expect 2 val "$burin" prepare fundus --synthetic 6 --size 96 --to x --val nan
[ ! -e x ] || fail "a refused infer left a folder"

# Pictures.
mkdir empty pictures
expect 1 missing.png "$burin" infer run missing.png --out x
expect 1 empty "$burin" infer run empty --out x
: >pictures/zero.png
head -c 200 "$picture" >pictures/cut.png
head -c $(($(stat -c %s "$picture") * 2 / 3)) "$picture" >pictures/late.png
printf 'plain text, no picture\n' >pictures/text.png
# A PNG header that promises 2^31-1 x 2^31-1 pixels.
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0\x32\x9e\x5a\xb5' >pictures/bomb.png
for file in zero cut late text bomb; do
  expect 1 "$file.png" "$burin" infer run "pictures/$file.png" --out x
done
# One column of pixels, which at the recipe's width would be 96 times as many in both directions.
python3 - <<'PYTHON'
import struct, zlib
def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
height = 200000
open("pictures/thin.png", "wb").write(b"\x89PNG\r\n\x1a\n" +
    chunk(b"IHDR", struct.pack(">IIBBBBB", 1, height, 8, 2, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(bytes(4 * height))) + chunk(b"IEND", b""))
PYTHON
expect 1 'thin.png.*pixels' "$burin" infer run pictures/thin.png --out x
cp -r data thin
for kind in images masks fov; do cp pictures/thin.png "thin/test/$kind/$(basename "$picture")"; done
python3 - <<'PYTHON'
import hashlib, json
sets = json.load(open("thin/dataset.json"))
sets["files"] = {f: hashlib.sha256(open("thin/" + f, "rb").read()).hexdigest() for f in sets["files"]}
json.dump(sets, open("thin/dataset.json", "w"))
PYTHON
expect 1 "$(basename "$picture").*pixels" "$burin" eval run --data thin
expect 1 different "$burin" infer run "$picture" "$picture" --out x

# Models.
head -c 100000 run/model.onnx >short.onnx
expect 1 short.onnx "$burin" infer short.onnx "$picture" --out x
cp run/model.onnx flipped.onnx
printf '\xff\xfe' | dd of=flipped.onnx bs=1 seek=2000000 conv=notrunc 2>/dev/null
expect 1 'flipped.onnx: expected parameters with checksum' "$burin" infer flipped.onnx "$picture" --out x
"$burin" convert run model.safetensors >out.txt 2>err.txt || fail "convert to safetensors"
head -c 100000 model.safetensors >short.safetensors
expect 1 short.safetensors "$burin" infer short.safetensors "$picture" --out x
cp model.safetensors flipped.safetensors
printf '\xff\xfe' | dd of=flipped.safetensors bs=1 seek=2000000 conv=notrunc 2>/dev/null
expect 1 flipped.safetensors "$burin" infer flipped.safetensors "$picture" --out x
expect 1 empty "$burin" infer empty "$picture" --out x
expect 1 nowhere "$burin" infer nowhere "$picture" --out x
expect 1 zero.png "$burin" inspect pictures/zero.png
expect 1 last.safetensors "$burin" eval run/last.safetensors --data data
"$burin" train tiny.toml --data data --out faithful --set network=fundus-unet-faithful --set train.steps=1 \
  --set sampler.patch=48 --set infer.mode=window --set infer.window=48 >/dev/null 2>err.txt || fail "faithful: no run"
expect 1 "$(basename "$picture"): fundus-unet-faithful" "$burin" infer faithful "$picture" --out y --whole
expect 1 "$(basename "$picture"): fundus-unet-faithful" "$burin" eval faithful --data data --whole
expect 1 no-such-net "$burin" inspect no-such-net
expect 1 multiple "$burin" inspect fundus-unet --shape 1x3x50x50
expect 2 shape "$burin" inspect fundus-unet --shape 1x3x0x48
expect 2 shape "$burin" inspect fundus-unet --shape 1x3x
expect 2 channels "$burin" inspect fundus-unet --classes 4
expect 2 width "$burin" inspect fundus-unet --width 8
expect 1 "2 inputs" "$burin" inspect student-generator --shape 1x512
expect 1 batch "$burin" inspect student-generator --shape 1x512,2x10
expect 2 shape "$burin" inspect student-generator --shape 1x512,
expect 2 merge "$burin" inspect resnet20 --merged
for network in resnet20 unet3d-a student-generator pix2pix-discriminator; do
  expect 1 "each pixel" "$burin" train tiny.toml --data data --out other --set network=$network
done
expect 2 classes "$burin" inspect run --classes 4
expect 2 classes "$burin" inspect damage-unet --classes 0
expect 1 multiply-accumulates "$burin" inspect damage-unet --shape 1x3x16777216x16777216
expect 1 elements "$burin" inspect damage-unet --shape 1x3x100000000x100000000

# Recipes.
printf 'network = "fundus-unet"\n[train]\nstps = 3\n' >unknown.toml
expect 1 'unknown.toml:3.*train.stps' "$burin" train unknown.toml --data data --out y
printf 'network = "fundus-unet"\n[train]\nsteps = "many"\n' >type.toml
expect 1 'type.toml:3.*train.steps' "$burin" train type.toml --data data --out y
printf 'network = "fundus-unet"\n[train\n' >syntax.toml
expect 1 syntax.toml:2 "$burin" train syntax.toml --data data --out y
printf 'network = "no-such-net"\n' >net.toml
expect 1 no-such-net "$burin" train net.toml --data data --out y
expect 1 'no-recipe' "$burin" train no-recipe --data data --out y
expect 2 'train.stps' "$burin" train tiny.toml --data data --out y --set train.stps=3
expect 2 'foo' "$burin" train tiny.toml --data data --out y --set foo
mkdir folder.toml
expect 1 'recipe folder.toml' "$burin" train folder.toml --data data --out y
expect 2 'steps' "$burin" train tiny.toml --data data --out y --set train.steps
expect 2 seed "$burin" train tiny.toml --data data --out y --seed 9000000000000001
expect 2 seed "$burin" train tiny.toml --data data --out y --seed 18446744073709551615
expect 2 '^burin: --seed: .*train.seed, got 3' "$burin" train tiny.toml --data data --out y --seed 3 --set train.seed=4
expect 2 'train.precision, got f32' "$burin" train tiny.toml --data data --out y --precision f32 --set train.precision=exact
expect 1 nowhere "$burin" train tiny.toml --data nowhere --out y --precision exact --set train.precision=exact --seed 4 --set train.seed=4

# Data folders.
expect 1 empty "$burin" train tiny.toml --data empty --out y
expect 1 nowhere "$burin" eval run --data nowhere
expect 1 third "$burin" eval run --data data --split third
copy() { rm -rf other && cp -r data other; }
copy && rm "other/train/masks/$name"
expect 1 "$name" "$burin" train tiny.toml --data other --out y
copy && cp "$picture" "other/train/masks/extra.png"
expect 1 extra.png "$burin" train tiny.toml --data other --out y
copy && head -c 300 "$trained" >"other/train/images/$name"
expect 1 "$name" "$burin" train tiny.toml --data other --out y
copy && : >"other/train/masks/$name"
expect 1 "$name" "$burin" train tiny.toml --data other --out y
# A changed byte: found by the hash in dataset.json, before the picture is decoded.
copy && printf '\xff\xfe' | dd of="other/train/masks/$name" bs=1 seek=50 conv=notrunc 2>/dev/null
expect 1 "masks/$name: expected sha256" "$burin" train tiny.toml --data other --out y
expect 1 "masks/$name: expected sha256" "$burin" eval run --data other --split train
"$burin" prepare fundus --synthetic 6 --size 64 --seed 6 --to smaller >/dev/null 2>err.txt
copy && cp "$(find smaller -path '*/masks/*.png' | head -n 1)" "other/train/masks/$name"
expect 1 "masks/$name.*96x96.*64x64" "$burin" train tiny.toml --data other --out y
printf 'network = "damage-unet"\n[data]\nwidth = 96\n[sampler]\npatch = 16\n' >damage.toml
expect 1 'dataset.json: expected 5 classes' "$burin" train damage.toml --data data --out y
expect 1 'loss.kind: expected a loss for one class' "$burin" train tiny.toml --data data --out y --set loss.kind=dice+ce
expect 1 'loss.ignore_index' "$burin" train tiny.toml --data data --out y --set loss.ignore_index=255
expect 1 'infer.flips.*infer.mode' "$burin" train tiny.toml --data data --out y --set infer.mode=window --set infer.flips=true
expect 1 'loss.weights' "$burin" train tiny.toml --data data --out y --set loss.weights=[2]
expect 1 'loss.kind: expected .*2 classes' "$burin" train damage.toml --data data --out y --set model.classes=2 --set model.width=4
copy && printf '{"version": 1, "task"' >other/dataset.json
expect 1 dataset.json "$burin" train tiny.toml --data other --out y

# Run folders.
expect 1 resume "$burin" train tiny.toml --data data --out run
cp run/run.json before.json
expect 1 schedule.rate "$burin" train tiny.toml --data data --out run --resume --set schedule.rate=0.5
expect 1 data "$burin" train tiny.toml --data smaller --out run --resume
cmp run/run.json before.json || fail "a refused resume changed run.json"
expect 1 loss.kind "$burin" train tiny.toml --data data --out unfit --set loss.kind=dice+ce
[ ! -e unfit/run.json ] || fail "a refused recipe left run.json"
: >file
expect 1 file "$burin" train tiny.toml --data data --out file
expect 1 file "$burin" infer run "$picture" --out file
# A damaged checkpoint is passed over for the one before it.
"$burin" train tiny.toml --data data --out damaged --set train.checkpoint_seconds=0 >/dev/null 2>err.txt || fail "damaged: no run"
head -c 5000 damaged/last.safetensors >cut && mv cut damaged/last.safetensors
if "$burin" train tiny.toml --data data --out damaged --set train.checkpoint_seconds=0 --resume >out.txt 2>err.txt &&
  grep -q 'passed over.*last.safetensors' err.txt && grep -q 'resumed at step 2 from .*previous.safetensors' err.txt; then
  passed=$((passed + 1))
else
  fail "damaged checkpoint" && cat err.txt
fi

# No room: files may not grow beyond 8 MB, a checkpoint of this network is larger. The run folder stays resumable.
cp -r run full
before=$(sha256sum <full/last.safetensors)
small() { (ulimit -f 8192; trap '' XFSZ; exec "$@"); }
expect 1 full small "$burin" train tiny.toml --data data --out full --resume
[ "$(sha256sum <full/last.safetensors)" = "$before" ] || fail "full disk damaged the checkpoint"
"$burin" train tiny.toml --data data --out full --resume >/dev/null 2>err.txt || { fail "not resumable"; cat err.txt; }

# ONNX files: converted, run, damaged.
"$burin" convert run run.onnx --open-sizes >out.txt 2>err.txt || fail "convert a run folder"
"$burin" convert run again.onnx --open-sizes >out.txt 2>err.txt && cmp -s run.onnx again.onnx || fail "convert twice, the same bytes"
"$burin" run run.onnx --shape 2x3x16x24 --output y.npy --check --json >out.txt 2>err.txt || fail "run what was converted"
grep -q '"shape":"2x1x16x24"' out.txt || fail "run: the shape of the output"
"$burin" run run.onnx --shape image=2x3x16x24 --output output=z.npy >out.txt 2>err.txt && cmp -s y.npy z.npy || fail "names and positions"
"$burin" convert run.onnx weights.safetensors --shape 1x3x16x16 >out.txt 2>err.txt || fail "weights of an ONNX file"
expect 2 OUT "$burin" convert run.onnx
expect 2 'ends in .onnx' "$burin" convert run out.txt2
expect 2 opset "$burin" convert run x.onnx --opset 12
expect 1 'model: expected one of' "$burin" convert --model no-such-net x.onnx
expect 1 nowhere "$burin" convert nowhere x.onnx
expect 1 'sizes for input "image"' "$burin" run run.onnx
expect 1 'input "image" of batchx3xheightxwidth, got 1x4x16x16' "$burin" run run.onnx --shape 1x4x16x16
expect 2 'one for each of image' "$burin" run run.onnx --shape picture=1x3x16x16
expect 2 'one for each of output' "$burin" run run.onnx --shape 1x3x16x16 --output a.npy b.npy
expect 1 none.npy "$burin" run run.onnx --input none.npy
expect 1 'run.onnx' "$burin" run run.onnx --shape 1x3x17x16
head -c 100000 run.onnx >cut.onnx
expect 1 cut.onnx "$burin" run cut.onnx --shape 1x3x16x16
expect 1 tiny.toml "$burin" run tiny.toml
[ ! -e x.onnx ] || fail "convert left something"
expect 1 output sh -c "'$burin' inspect fundus-unet --json >/dev/full"

# A folder that may not be written to; root writes everywhere, unless the file system can forbid it.
mkdir locked
if [ "$(id -u)" -ne 0 ]; then
  chmod 555 locked
  expect 1 locked "$burin" infer run "$picture" --out locked/x
  chmod 755 locked
elif chattr +i locked 2>/dev/null; then
  expect 1 locked "$burin" infer run "$picture" --out locked/x
  chattr -i locked
else
  expect 1 proc "$burin" infer run "$picture" --out /proc/burin-cannot-write-here
fi

echo "$passed bad inputs answered, $failed not"
[ "$failed" -eq 0 ]
