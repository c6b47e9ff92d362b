#!/bin/sh
# A file is one idea: above 250 lines it is named, above 500 the check fails.
cd "$(dirname "$0")/../.." || exit 1
git ls-files '*.h' '*.cpp' '*.py' '*.sh' '*.md' '*.toml' '*.html' '*.js' '*.css' 'meson.build' '*/meson.build' |
  xargs wc -l | awk '
    $2 == "total" { next }
    $1 > 500 { print "too long: " $2 ", " $1 " lines"; failed = 1 }
    $1 > 250 && $1 <= 500 { print "long: " $2 ", " $1 " lines" }
    END { exit failed }'
