#!/bin/bash
# Kills a training (SIGKILL) at random moments, some during a save, resumes it, and compares the finished model with
# one that ran through, byte by byte.
#
#   kill_resume.sh BURIN [KILLS [SEED]]      KILLS: 3 in the build, 30 on request
set -u
# The reference kernels are slow, and say nothing new here.
[ "${BURIN_MAX_ISA:-}" = reference ] && exit 77
burin=$(readlink -f "$1")
kills=${2:-3}
RANDOM=${3:-1}
# In memory where there is room: a checkpoint has 180 MB, and this is about kills, not about the disk.
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
if [ "${room:-0}" -gt 3000000 ]; then folder=$(mktemp -d -p /dev/shm); else folder=$(mktemp -d); fi
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

"$burin" prepare fundus --synthetic 3 --size 96 --seed 5 --to data >/dev/null 2>prepare.txt || { cat prepare.txt; exit 1; }
cat >tiny.toml <<'TOML'
network = "fundus-unet"
[data]
width = 96
validation = 0
[sampler]
patch = 16
[augment]
rotate = 10
[schedule]
kind = "cosine"
[train]
steps = 16
batch = 1
ema = 0.9
checkpoint_seconds = 0
TOML

# Takes the place of its shell, so that $! of a background call is the program.
train() { exec "$burin" train tiny.toml --data data --out "$1" --resume --threads 1 --bind none >/dev/null 2>"$1.txt"; }

begin=$(date +%s%N)
(train through) || { cat through.txt; exit 1; }
milliseconds=$((($(date +%s%N) - begin) / 1000000))
want=$(sha256sum <through/model.onnx)

done_kills=0 runs=0 during_save=0
while [ "$done_kills" -lt "$kills" ]; do
  runs=$((runs + 1))
  out=run$runs
  while true; do
    train "$out" &
    pid=$!
    wait_ms=$((RANDOM % (milliseconds * 7 / 10) + 50))
    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
    if [ "$done_kills" -lt "$kills" ] && kill -KILL "$pid" 2>/dev/null; then
      done_kills=$((done_kills + 1))
      wait "$pid" 2>/dev/null
      { compgen -G "$out/*.tmp.*" || [ -e "$out/next.safetensors" ]; } >/dev/null && during_save=$((during_save + 1))
    else
      wait "$pid"
      status=$?
      [ "$status" -eq 0 ] || { echo "FAIL: resume ended with $status"; cat "$out.txt"; exit 1; }
      break
    fi
  done
  got=$(sha256sum <"$out/model.onnx")
  [ "$got" = "$want" ] || { echo "FAIL: $out differs from the run without kills"; exit 1; }
  rm -rf "$out"
done
echo "$done_kills kills in $runs runs ($during_save during a save): all finished with the same model"
