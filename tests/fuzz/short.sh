#!/bin/bash
# One target for some seconds: short.sh PROGRAM SECONDS SEED SEED-FILE... (solve, policy, archive, note and replay have seeds of their own). Silent output of the target
# is one line; what fails is left beside the program.
set -uo pipefail
program=$1 seconds=$2 seed=$3
shift 3
name=${program##*/}
if [[ $name == solve ]]; then set -- tests/fuzz/seeds/equations.txt; fi
if [[ $name == policy || $name == archive || $name == note || $name == replay ]]; then set -- tests/fuzz/seeds/"$name"-*; fi
if ! "$program" -s "$seconds" -r "$seed" -o "$program.failed" "$@" >"$program.log" 2>&1; then
    tail -n 60 "$program.log"
    echo "fuzz $name: FAILED; the input is $program.failed"
    exit 1
fi
echo "fuzz $name: $(tail -n 1 "$program.log")"
