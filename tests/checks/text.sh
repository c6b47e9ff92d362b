#!/bin/sh
# Text files: UTF-8, no tabs, no blanks at line ends, a final newline, no path of somebody's machine.
cd "$(dirname "$0")/../.." || exit 1
failed=0
complain() { echo "$1"; failed=1; }

for file in $(git ls-files | grep -E '\.(h|cpp|py|sh|md|toml|txt|html|js|css|yml)$|(^|/)(meson\.build|run|LICENSE|\.gitignore|\.clang-format)$'); do
  [ -s "$file" ] || continue
  iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || complain "not UTF-8: $file"
  [ -z "$(tail -c 1 "$file")" ] || complain "no final newline: $file"
  [ "$file" = LICENSE ] && continue
  grep -nP '\t' "$file" /dev/null && complain "tab in $file"
  grep -nE ' +$' "$file" /dev/null && complain "blank at a line end in $file"
  grep -nE '/(home|root|Users|work|mnt)/[A-Za-z0-9_]' "$file" /dev/null && complain "path of a machine in $file"
done
exit $failed
