#!/bin/bash
# Figures beside their bounds, in one run on this machine: bench.sh BUILD. Prints a table, writes BUILD/bench.json, exits 1 when a figure that
# is needed is not reached. BENCH_SECONDS (default 10) is the length of each measurement; BENCH_ENTRIES (default 1,000,000) how many the
# large ledger and the large archive have, of which each takes about a gigabyte below TMPDIR.
set -euo pipefail
build=$(readlink -f "$1")
seconds=${BENCH_SECONDS:-10}
entries=${BENCH_ENTRIES:-1000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/tally-bench.XXXXXX")
chmod 711 "$work"
pid=
small_pid=
cleanup() {
    for each in $pid $small_pid; do { kill "$each" 2>/dev/null && wait "$each" 2>/dev/null; } || true; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" >&2; }
origin=localhost/bench
data=$work/data
# start DATA: the service there; its process is $started
start() {
    rm -f "$1/listen"
    "$build/bin/tallyd" --data "$1" --listen 127.0.0.1:0 --log json 2>"$1.log" &
    started=$!
    for _ in $(seq 600); do
        [[ -s $1/listen ]] && return
        kill -0 "$started" 2>/dev/null || break
        read -rt 0.1 <> <(:) || true
    done
    tail -n 5 "$1.log" >&2
    exit 1
}
port_of() { sed 's/.*://' "$1/listen"; }
"$build/bin/tallyd" init --data "$data" --origin "$origin" --new-operator operator >/dev/null
start "$data"
pid=$started
port=$(port_of "$data")

# ---- the service ----
say "tallyd under load: 64, 128, 256 and 1,000 connections, $seconds s each"
ulimit -n 4096 2>/dev/null || true
"$build/tests/bench/bench" "$port" "$pid" "$origin" "$data/operator.pem" "$seconds" >"$work/figures"

# ---- (a), (b): SQL alone, in the same server ----
socket=$(cat "$data/socket")
pgbin=$(pg_config --bindir 2>/dev/null || true)
[[ -x $pgbin/pgbench ]] || pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
admin() { PGHOST=$socket PGUSER=postgres PGDATABASE=tally "$@"; }
admin psql -qX -v ON_ERROR_STOP=1 -f tests/bench/bench.sql >/dev/null
tps() {
    echo "select bench.$1();" >"$work/$1.sql"
    admin "$pgbin/pgbench" -n -M prepared -c 32 -j 2 -T "$seconds" -f "$work/$1.sql" 2>"$work/pgbench.log" | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
    if grep -q error "$work/pgbench.log"; then grep error "$work/pgbench.log" >&2; return 1; fi
}
say "the same rows in SQL: chained behind a locked row, and unchained, 32 clients, $seconds s each"
chained=$(tps append_chained)
unchained=$(tps append_unchained)
printf 'chained %s\nunchained %s\n' "$chained" "$unchained" >>"$work/figures"

# ---- (c): what this machine can verify ----
say "Ed25519 verification on all cores, $seconds s"
openssl_verify=$(openssl speed -multi "$(nproc)" -seconds "$seconds" ed25519 2>/dev/null | awk '/EdDSA/ { print $NF }')
echo "verify $openssl_verify" >>"$work/figures"

# ---- a large ledger ----
say "the ledger filled up to $entries entries"
admin psql -qX -v size="$entries" -f tests/bench/large.sql >/dev/null 2>"$work/large.log" || { cat "$work/large.log" >&2; exit 1; }
kill "$pid"
wait "$pid" || true
pid=
start "$data"
pid=$started
say "proofs of inclusion, 64 connections, twice $((seconds / 2 + 1)) s"
"$build/tests/bench/bench_large" proofs "$(port_of "$data")" "$origin" "$entries" $((seconds / 2 + 1)) >>"$work/figures"
small=$work/small
"$build/bin/tallyd" init --data "$small" --origin "$origin" --new-operator operator >/dev/null
start "$small"
small_pid=$started
say "appending to a small ledger and to this one in turn, 64 connections, eight times 3 s each"
"$build/tests/bench/bench_large" append "$(port_of "$small")" "$small/operator.pem" "$(port_of "$data")" "$data/operator.pem" "$origin" 3 8 >>"$work/figures"
for each in $pid $small_pid; do kill "$each"; wait "$each" || true; done
pid=
small_pid=
rm -rf "$data" "$small"

# ---- tally-verify, which needs no service ----
say "archives of 10,000 and of $entries entries, verified"
verify=$build/tests/bench/bench_verify
"$verify" make 10000 "$work/few" >/dev/null
vkey=$("$verify" make "$entries" "$work/many")
{
    echo "archive_mb $(($(stat -c %s "$work/many") / 1000000))"
    echo "archive_entries $entries"
    echo "hash_s $("$verify" hash "$work/many")"
    read -r s kib < <("$verify" run "$build/bin/tally-verify" "$work/many" "$vkey" chain)
    printf 'chain_s %s\nchain_kib_many %s\n' "$s" "$kib"
    read -r s kib < <(RUNS=1 "$verify" run "$build/bin/tally-verify" "$work/many" "$vkey" signatures)
    printf 'signatures_s %s\nsignatures_kib_many %s\n' "$s" "$kib"
    for level in chain signatures; do
        read -r s kib < <("$verify" run "$build/bin/tally-verify" "$work/few" "$vkey" $level)
        echo "${level}_kib_few $kib"
    done
} >>"$work/figures"
rm -f "$work/many" "$work/few"

say "an archive of 20,000 results that are paid for, replayed"
read -r vkey paid < <("$build/tests/bench/bench_replay" 20000 "$work/paid")
{
    echo "paid_entries $paid"
    for level in signatures replay; do
        read -r s kib < <("$verify" run "$build/bin/tally-verify" "$work/paid" "$vkey" $level)
        printf 'paid_%s_s %s\npaid_%s_kib %s\n' $level "$s" $level "$kib"
    done
} >>"$work/figures"
rm -f "$work/paid"

# ---- the engine, which needs no service ----
say "the engine: compiling, evaluating, following, solving"
engine=$build/tests/bench/bench_engine
{
    "$engine" compile "$(ls -S contracts/templates/*.terms | head -n 1)"
    "$engine" nodes
    "$engine" scratch 100000
    for participants in 1000 10000 100000; do "$engine" further $participants; done
    for sites in 2 1000; do "$engine" keys 10000 $sites 20000; done # every combination has a result, or one of 500
    "$engine" solve 32000
} >>"$work/figures"

# ---- the model, in a contract of 40,000 results ----
say "the model: a statement among 40,000 results whose figures are taken, and that wait for silence"
{
    for results in 1000 40000; do
        for what in further waiting; do "$build/tests/bench/bench_model" $what $results; done
    done
} >>"$work/figures"

# ---- beside their bounds ----
awk -v out="$build/bench.json" '
function row(name, unit, value, beside, bound, ratio, needed, ok) {
    ok = ok && value > 0 && bound > 0 # nothing is reached beside a figure that is not there
    printf "%-46s %12.1f %-8s %-34s %10.1f %7.2f  %-9s %s\n", name, value, unit, beside, bound, ratio, needed, ok ? "ok" : "NOT REACHED"
    printf "%s{\"name\":\"%s\",\"unit\":\"%s\",\"value\":%.3f,\"beside\":\"%s\",\"bound\":%.3f,\"ratio\":%.3f,\"needed\":\"%s\",\"ok\":%s}", n++ ? ",\n " : "[", name, unit, value, beside, bound, ratio, needed, ok ? "true" : "false" > out
    if (!ok) bad = 1
}
{ v[$1] = $2 }
END {
    printf "%-46s %12s %-8s %-34s %10s %7s  %-9s\n", "figure", "value", "unit", "beside", "bound", "ratio", "needed"
    r = v["rate_64"]
    row("statements, 64 connections", "1/s", r, "(a) chained in SQL, 32 clients", v["chained"], r / v["chained"], ">= 3", r >= 3 * v["chained"])
    row("statements, 64 connections", "1/s", r, "(b) unchained in SQL, 32 clients", v["unchained"], r / v["unchained"], "", 1)
    row("statements, 64 connections", "1/s", r, "(c) Ed25519 verifications", v["verify"], r / v["verify"], ">= 0.45", r >= 0.45 * v["verify"])
    split("128 256 1000", more, " ")
    for (i = 1; i <= 3; i++)
        row("statements, " more[i] " connections", "1/s", v["rate_" more[i]], "64 connections", r, v["rate_" more[i]] / r, ">= 0.8", v["rate_" more[i]] >= 0.8 * r)
    split("64 128 256 1000", all, " ")
    for (i = 1; i <= 4; i++) {
        row("latency p50, " all[i] " connections", "ms", v["p50_" all[i]], "connections / rate", all[i] / v["rate_" all[i]] * 1000, v["p50_" all[i]] * v["rate_" all[i]] / all[i] / 1000, "", 1)
        row("latency p99, " all[i] " connections", "ms", v["p99_" all[i]], "p50", v["p50_" all[i]], v["p99_" all[i]] / v["p50_" all[i]], "", 1)
    }
    row("memory of tallyd, peak", "MiB", v["rss_peak_kib"] / 1024, "limit", 64, v["rss_peak_kib"] / 65536, "<= 1", v["rss_peak_kib"] <= 65536)
    row("memory of tallyd, " v["entries_late"] " entries", "MiB", v["rss_late_kib"] / 1024, v["entries_early"] " entries", v["rss_early_kib"] / 1024, v["rss_late_kib"] / v["rss_early_kib"], "<= 1.1", v["rss_late_kib"] <= 1.1 * v["rss_early_kib"])
    row("appending, " v["archive_entries"] " entries", "1/s", v["append_large"], "a small ledger", v["append_small"], v["append_small"] / v["append_large"], "<= 1.15", v["append_small"] <= 1.15 * v["append_large"])
    row("proofs of inclusion, " v["archive_entries"] " entries", "1/s", v["proofs"], "limit", 10000, v["proofs"] / 10000, ">= 1", v["proofs"] >= 10000)
    mb = v["archive_mb"]
    row("tally-verify --level chain", "MB/s", mb / v["chain_s"], "one pass of SHA-256, all cores", mb / v["hash_s"], v["hash_s"] / v["chain_s"], ">= 0.40", v["hash_s"] >= 0.40 * v["chain_s"])
    row("tally-verify --level signatures", "1/s", v["archive_entries"] / v["signatures_s"], "(c) Ed25519 verifications", v["verify"], v["archive_entries"] / v["signatures_s"] / v["verify"], ">= 0.85", v["archive_entries"] >= 0.85 * v["verify"] * v["signatures_s"])
    split("chain signatures", levels, " ")
    for (i = 1; i <= 2; i++)
        row("memory of tally-verify, " levels[i], "MiB", v[levels[i] "_kib_many"] / 1024, "10,000 entries", v[levels[i] "_kib_few"] / 1024, v[levels[i] "_kib_many"] / v[levels[i] "_kib_few"], "<= 1.1", v[levels[i] "_kib_many"] <= 1.1 * v[levels[i] "_kib_few"])
    row("tally-verify --level replay", "1/s", v["paid_entries"] / v["paid_replay_s"], "level signatures, the same archive", v["paid_entries"] / v["paid_signatures_s"], v["paid_signatures_s"] / v["paid_replay_s"], ">= 0.3", v["paid_signatures_s"] >= 0.3 * v["paid_replay_s"])
    row("memory of tally-verify, replay, 20,000 results", "MiB", v["paid_replay_kib"] / 1024, "level signatures", v["paid_signatures_kib"] / 1024, v["paid_replay_kib"] / v["paid_signatures_kib"], "", 1)
    row("compiling the largest template", "ms", v["compile_ms"], "limit", 1, v["compile_ms"], "< 1", v["compile_ms"] < 1)
    row("arithmetic nodes evaluated", "1/s", v["nodes_per_s"], "limit", 1000000, v["nodes_per_s"] / 1000000, ">= 1", v["nodes_per_s"] >= 1000000)
    row("100,000 participants, from nothing", "s", v["scratch_s"], "limit", 2, v["scratch_s"] / 2, "< 1", v["scratch_s"] < 2)
    row("100,000 participants, from nothing, peak", "MiB", v["scratch_kib"] / 1024, "limit", 200, v["scratch_kib"] / 204800, "< 1", v["scratch_kib"] < 204800)
    row("one further result, 10,000 participants", "us", v["further_us_10000"], "1,000 participants", v["further_us_1000"], v["further_us_10000"] / v["further_us_1000"], "", 1)
    row("one further result, 100,000 participants", "us", v["further_us_100000"], "1,000 participants", v["further_us_1000"], v["further_us_100000"] / v["further_us_1000"], "<= 10", v["further_us_100000"] <= 10 * v["further_us_1000"])
    row("explaining what it triggers, 100,000 participants", "us", v["explain_us_100000"], "1,000 participants", v["explain_us_1000"], v["explain_us_100000"] / v["explain_us_1000"], "<= 5", v["explain_us_100000"] <= 5 * v["explain_us_1000"])
    row("a session of 100,000 participants", "MiB", v["further_kib_100000"] / 1024, "1,000 participants", v["further_kib_1000"] / 1024, v["further_kib_100000"] / v["further_kib_1000"], "", 1)
    row("a sum over 20,000 of 10,000,000 keys, each", "us", v["keys_us_1000"], "20,000 of 20,000 keys", v["keys_us_2"], v["keys_us_1000"] / v["keys_us_2"], "<= 3", v["keys_us_1000"] <= 3 * v["keys_us_2"])
    row("solving 32,000 equations", "s", v["solve_s"], "limit", 0.5, v["solve_s"] / 0.5, "< 1", v["solve_s"] < 0.5)
    split("further waiting", kinds, " ")
    kind["further"] = "all final, figures taken"
    kind["waiting"] = "all waiting for silence"
    for (i = 1; i <= 2; i++)
        for (j = 1; j <= 2; j++) {
            what = kinds[i] "_figure_" (j == 1 ? "result" : "verification") "_us"
            row((j == 1 ? "result" : "verification") ", 40,000 " kind[kinds[i]], "us", v[what "_40000"], "1,000", v[what "_1000"], v[what "_40000"] / v[what "_1000"], "<= 3", v[what "_40000"] <= 3 * v[what "_1000"])
        }
    print "]" > out
    exit bad
}' "$work/figures"
