#!/bin/bash
# The commands of README.md's quick start run as they stand, on tiny data: fewer pictures and steps are put in, nothing else.
#   readme.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
PATH=$(realpath "${1:?usage: readme.sh BUILD}"):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

commands=$(sed -n '/^```sh$/,/^```$/p' README.md | grep '^burin ')
[ "$(printf '%s\n' "$commands" | wc -l)" -ge 5 ]
tiny="--set train.steps=4 --set train.validate_every=2 --set train.batch=2 --set sampler.patch=32 --set data.width=96"

cd "$work"
ln -s "$root/recipes" recipes
while read -r line; do
  line=$(sed "s/--synthetic [0-9]*/--synthetic 4/; /^burin train/s/\$/ $tiny/" <<<"$line")
  echo "\$ $line"
  $line </dev/null
done <<<"$commands"
[ -s runs/demo/report.html ]
[ "$(find out -name '*.png' | wc -l)" -ge 2 ]
