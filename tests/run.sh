#!/bin/bash
# Runs test programs and sums them up: run.sh BUILD/tests/PROGRAM...
# Programs run side by side (TEST_JOBS, default: one for each core), each in a temporary directory of its own that is removed
# afterwards, also when it fails. The output of a program is shown when it fails; TEST_VERBOSE=1 shows all.
set -uo pipefail
jobs=${TEST_JOBS:-$(nproc)}
limit=${TEST_TIMEOUT_S:-600} # a program that takes ten minutes hangs
work=$(mktemp -d "${TMPDIR:-/tmp}/tally-tests.XXXXXX")
chmod 711 "$work"
trap 'rm -rf "$work"' EXIT
export TALLY_ROOT=$PWD
if [[ -z ${TALLY_SHARED:-} && -d ../shared/data ]]; then TALLY_SHARED=$(readlink -f ../shared); export TALLY_SHARED; fi
export CMOCKA_MESSAGE_OUTPUT=STDOUT ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0} UBSAN_OPTIONS=print_stacktrace=1

run_one() {
    local program=$1 work=$2 limit=$3
    local build=${program%/tests/*}
    local name=${program#"$build"/tests/}
    if [[ $build != build ]]; then name="${build##*/}: $name"; fi
    export TALLY_BIN=$TALLY_ROOT/$build/bin
    if [[ $build == /* ]]; then TALLY_BIN=$build/bin; fi
    local file=${name//[: \/]/_}
    local log=$work/$file.log dir=$work/$file.d
    mkdir -p "$dir" && chmod 711 "$dir"
    TMPDIR=$dir timeout --kill-after=20 "$limit" "$program" >"$log" 2>&1 </dev/null
    local rc=$?
    rm -rf "$dir"
    local passed failed skipped
    passed=$(grep -c '^\[       OK \]' "$log")
    # cmocka names each failed test twice, once where it fails and once at the end
    failed=$(grep '^\[  FAILED  \] [^0-9]' "$log" | sort -u | grep -c .)
    skipped=$(grep '^\[  SKIPPED \] [^0-9]' "$log" | sort -u | grep -c .)
    if [[ $rc -ne 0 && $failed -eq 0 ]]; then failed=1; fi
    local word=ok
    if [[ $rc -ne 0 ]]; then word="FAILED (status $rc)"; fi
    if [[ $rc -eq 124 || $rc -eq 137 ]]; then word="FAILED (no end after $limit s)"; fi
    echo "$passed $failed $skipped" >"$work/$file.sum"
    {
        flock 9
        printf '%-52s %4d passed %s%s\n' "$name" "$passed" "$word" "$([[ $skipped -gt 0 ]] && echo " ($skipped skipped)")"
        # what failed and where: a sanitizer's long report may stand behind it
        if [[ $rc -ne 0 ]]; then grep -aE '^\[  (ERROR   |FAILED  )\]|^\[   LINE   \]' "$log" | head -n 20 | sed 's/^/    /'; fi
        if [[ $rc -ne 0 || -n ${TEST_VERBOSE:-} ]]; then sed 's/^/    /' "$log" | tail -n "${TEST_LOG_LINES:-120}"; fi
        grep -h 'skipped: ' "$log" | sort -u | sed 's/^/    /' || true
    } 9>"$work/lock"
    return 0
}
export -f run_one

printf '%s\0' "$@" | xargs -0 -P "$jobs" -I{} bash -c 'run_one "$@"' _ {} "$work" "$limit"

read -r passed failed skipped < <(cat "$work"/*.sum 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
ran=$(find "$work" -name '*.sum' | wc -l)
if [[ $ran -ne $# ]]; then echo "$(($# - ran)) test programs did not run"; failed=$((failed + 1)); fi
if [[ $passed -eq 0 ]]; then echo "no test ran"; failed=$((failed + 1)); fi
if [[ $skipped -gt 0 ]]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[[ $failed -eq 0 ]]
