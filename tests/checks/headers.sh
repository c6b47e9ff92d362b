#!/bin/sh
# Every header compiles alone. Those that say so are for files of one instruction-set level and get its flags.
#   headers.sh [BUILD]      BUILD: a build directory, for headers that include generated ones
cd "$(dirname "$0")/../.." || exit 1
CXX=${CXX:-g++} BUILD=${1:-.}
export CXX BUILD

# xargs gives one header to one shell; a failed one makes xargs return 123.
git ls-files '*.h' | xargs -P "$(nproc)" -n 1 sh -c '
  flags="" level=no
  case $1 in kernels/*/avx512*.h | kernels/*generic*.h) level=yes ;; esac
  ! grep -q "immintrin\|kernels/simd/" "$1" || level=yes
  [ $level = no ] || flags="-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd -mavx2 -mfma -mf16c -mbmi2 -mavx512bf16"
  case $1 in kernels/onednn/api.h|kernels/onednn/plan.h|kernels/onednn/staging.h)
    echo "#include <oneapi/dnnl/dnnl.hpp>" | $CXX -fsyntax-only -x c++ - 2>/dev/null || exit 0 ;;
  esac
  printf "#include \"%s\"\n" "$1" |
    $CXX -std=c++20 -fopenmp $flags -I. -I"$BUILD" -fsyntax-only -w -x c++ - || { echo "does not compile alone: $1"; exit 1; }
' header
