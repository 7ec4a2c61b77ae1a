#!/bin/bash
# Lines of the language that no test runs: coverage.sh BUILD FOLDER... after the tests of that build (MODE=cov) have run. A line that
# cannot be reached by a test says why beside it: /* not covered: ... */. The status is 1 while any other is left.
set -uo pipefail
build=$1
shift
total=0 missed=0 excused=0
for folder in "$@"; do
    for source in "$folder"/*.c; do
        object=$build/obj/${source%.c}.gcda
        if [[ ! -e $object ]]; then
            echo "$source: no test has run any of it"
            missed=$((missed + 1))
            continue
        fi
        # "count:line:text"; ##### never, ===== only by way of an exception, - no code
        read -r lines left said < <(gcov --stdout "$object" 2>/dev/null | awk -v source="$source" '
            /^ *-: *0:Source:/ { ours = (index($0, source) > 0) }
            !ours { next }
            /^ *[0-9#=]/ { lines++ }
            /^ *[#=]+[*]?:/ {
                if (index($0, "not covered: ")) { said++; next }
                left++
                split($0, part, ":")
                text = $0; sub(/^[^:]*:[^:]*:/, "", text); sub(/^ +/, "", text)
                printf "%s:%d: %s\n", source, part[2], text > "/dev/stderr"
            }
            END { print lines + 0, left + 0, said + 0 }')
        total=$((total + lines)) missed=$((missed + left)) excused=$((excused + said))
    done
done
echo "$total lines, $missed not covered, $excused with a reason beside them"
[[ $missed -eq 0 ]]
