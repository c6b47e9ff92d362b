# Sourced by the scripts beside it: `burin` is the command of argument 1, the working folder an empty one that goes away at
# the end, `passed` and `failed` count.
# The reference kernels are slow, and say nothing new here.
[ "${BURIN_MAX_ISA:-}" = reference ] && exit 77
burin=$(readlink -f "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0
