# Sourced by the scripts beside it: `burin` is the command of argument 1, the working folder an empty one that goes away at
# the end, `passed` and `failed` count; what programs say on standard error goes to err.txt.
# The reference kernels are slow, and say nothing new here.
[ "${BURIN_MAX_ISA:-}" = reference ] && exit 77
burin=$(readlink -f "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0

# check NAME COMMAND...: counts; a failure shows what the last program said.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL: $name"
    sed 's/^/    /' err.txt
  fi
}

# json FILE EXPRESSION: the expression over `o`, the list of the objects of FILE, one a line; strict about NaN and UTF-8.
json() {
  python3 -c '
import json, sys
def no(word): raise ValueError(word)
o = [json.loads(line, parse_constant=no) for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$@"
}
