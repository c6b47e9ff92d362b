#!/bin/sh
# Objects of an instruction-set level export one constant table each and nothing else: a weak or shared function built
# for that level could be the copy that the linker keeps for every CPU.
#   symbols.sh BUILD
build=${1:?usage: symbols.sh BUILD}
objects=$(find "$build/kernels" -path '*libkernels_*' -name '*.o')
[ -n "$objects" ] || { echo "no objects of a level in $build/kernels"; exit 1; }
failed=0
for object in $objects; do
  exported=$(nm -C --defined-only --extern-only "$object" | grep -v ' DW\.ref\.')
  count=$(printf '%s\n' "$exported" | grep -c .)
  weak=$(nm -C --defined-only "$object" | grep -E ' [WVuvwi] ')
  functions=$(printf '%s\n' "$exported" | grep -E ' [TtiI] ')
  if [ "$count" -ne 1 ] || [ -n "$weak" ] || [ -n "$functions" ]; then
    echo "$object should export one constant, but has:"
    printf '%s\n%s\n' "$exported" "$weak" | head -10
    failed=1
  fi
done
echo "$(printf '%s\n' "$objects" | wc -l) objects read"
exit $failed
