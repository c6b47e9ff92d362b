#!/bin/sh
# Every C++ file is as clang-format 14 leaves it. Exit 77: another version, which formats otherwise.
cd "$(dirname "$0")/../.." || exit 1
tool=$(command -v clang-format-14 || command -v clang-format) || { echo "no clang-format"; exit 77; }
"$tool" --version | grep -q 'version 14\.' || { echo "not version 14: $("$tool" --version)"; exit 77; }
git ls-files '*.h' '*.cpp' | xargs "$tool" --dry-run -Werror
