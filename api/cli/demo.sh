#!/bin/bash
# The whole story in under a minute: demo.sh BIN, the folder with tallyd, tally and tally-verify. A real outcome contract from
# proposal to audited payment, and a forgery that is found. Each thing that should be so is checked; the exit status is 0 only
# when all were. Works in a temporary folder of its own and leaves nothing running and nothing behind.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
templates=$here/../../contracts/templates
bin=$(cd "${1:?usage: demo.sh BIN}" && pwd)
export PATH=$bin:$PATH
# the demonstration is its own: nobody's settings, nobody's database
unset TALLY_SERVER TALLY_ACTOR TALLY_KEY TALLY_VKEY TALLY_DATA TALLY_LISTEN TALLY_DATABASE TALLY_OWNER_DATABASE TALLY_POLICY ${!PG@}
export XDG_CONFIG_HOME=/nonexistent LC_ALL=C.UTF-8

work=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-demo.XXXXXX")
chmod 711 "$work" # PostgreSQL runs as an account of its own when root runs this, and has to get to its folder
data=$work/data
export XDG_DATA_HOME=$work/held # what `tally` holds against a ledger that is gone in a minute
service=

stop() {
    [[ -n $service ]] || return 0
    kill -TERM "$service" 2>/dev/null || true
    for _ in $(seq 300); do
        kill -0 "$service" 2>/dev/null || break
        sleep 0.1
    done
    if kill -0 "$service" 2>/dev/null; then # it should never come to this
        kill -KILL "$service" 2>/dev/null || true
        [[ ! -f $data/postgres/postmaster.pid ]] || kill -INT "$(head -n 1 "$data/postgres/postmaster.pid")" 2>/dev/null || true
    fi
    wait "$service" 2>/dev/null || true
    service=
}
finish() {
    local status=$?
    trap - EXIT INT TERM HUP
    stop
    if [[ $status -ne 0 && $status -lt 128 && -s $work/tallyd.log ]]; then # 128 and more: somebody stopped it
        printf '\nThe last lines of the service'\''s log:\n'
        tail -n 15 "$work/tallyd.log"
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step=0
heading() {
    step=$((step + 1))
    printf '\n%2d  %s\n' "$step" "$1"
}
say() { printf '      %s\n' "$@"; }
fail() {
    printf '\n  NOT SO: %s\n' "$1" >&2
    exit 1
}
# expect WHAT IS SHOULD
expect() {
    [[ $2 == "$3" ]] || fail "$1 is \"$2\", and should be \"$3\""
    printf '      ok  %-38s %s\n' "$1" "$2"
}
# lines with tabs, as aligned columns
aligned() {
    awk -F'\t' '{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) }; fields[NR] = NF }
        END { for (r = 1; r <= NR; r++) { line = "      "; for (i = 1; i <= fields[r]; i++) line = line sprintf("%-*s  ", width[i], cell[r, i])
              sub(/ +$/, "", line); print line } }'
}
as() { # as ACTOR COMMAND ...: tally with that actor's own key
    local actor=$1 key=$work/$1.pem
    shift
    [[ $actor != operator ]] || key=$data/operator.pem
    tally --actor "$actor" --key "$key" "$@"
}
# the value of one line "name TAB value" of what tally printed
value_of() { awk -F'\t' -v name="$1" '$1 == name { print $2; exit }'; }

began=$SECONDS
printf 'Tallystick: outcome contracts in a ledger that anybody can check\n'

heading 'A service starts, with a new ledger and a database of its own'
tallyd init --data "$data" --origin demo.example/outcomes --new-operator operator >"$work/init.log"
tallyd --data "$data" --listen 127.0.0.1:0 --log human >"$work/tallyd.log" 2>&1 &
service=$!
for _ in $(seq 600); do
    [[ ! -s $data/listen ]] || break
    kill -0 "$service" 2>/dev/null || fail "the service ended while it started"
    sleep 0.1
done
[[ -s $data/listen ]] || fail "the service was not ready within a minute"
TALLY_SERVER=http://$(cat "$data/listen")
export TALLY_SERVER
for _ in $(seq 600); do
    ! tally api GET /readyz >/dev/null 2>&1 || break
    sleep 0.1
done
vkey=$(tallyd vkey --data "$data")
say "it listens on $TALLY_SERVER" "the ledger's key, which auditors keep: $vkey"
expect 'entries so far' "$(tally log | wc -l)" 1

heading 'Everybody makes a key; nobody else ever sees it. The operator registers who has proven theirs'
while IFS=: read -r actor name; do
    tally key new "$work/$actor.pem" >/dev/null 2>&1
    tally key proof --actor "$actor" --key "$work/$actor.pem" >"$work/$actor.json"
    as operator actor add "$work/$actor.json" --kind organisation --name "$name" >/dev/null
done <<END
city:City of New York
mdrc:MDRC
goldman:Goldman Sachs
bloomberg:Bloomberg Philanthropies
vera:Vera Institute of Justice
denver:City and County of Denver
lenders:Lenders
csh:Corporation for Supportive Housing
urban:Urban Institute
END
tally actor list | cut -f 1,2,5 | aligned
expect 'actors, with the operator' "$(tally actor list | wc -l)" 10

heading 'What is measured is defined once, for all contracts'
define() { as operator indicator define "$1" --version 1 --kind outcome --unit "$2" --name "$3" --definition "$4" >/dev/null; }
define nyc.recidivism-bed-days 'days per person' 'Recidivism bed days' 'Days in jail within 24 months of release, per person'
define nyc.recidivism-significant 'true or false' 'Significance' 'Is the reduction statistically significant?'
define denver.net-days-housed days 'Net days housed' 'Days housed after the first year, less days in jail'
tally indicator list | cut -f 1,2,4,7 | aligned

heading 'The Rikers Island contract is proposed: a text that a lawyer and the machine read (a reconstruction: its amounts are remembered, not sourced)'
sed -n '/^pay success/,/otherwise/p' "$templates/rikers-able.terms" | sed 's/^/      | /'
proposed=$(as city contract propose "$templates/rikers-able.terms" --id rikers-able --party city=city --party mdrc=mdrc \
    --party goldman=goldman --party bloomberg=bloomberg --party vera=vera 2>"$work/warnings")
version=$(value_of version <<<"$proposed")
say "what each party signs: version $version"
expect 'the contract is' "$(tally contract show rikers-able | value_of state)" proposed

heading 'Four parties sign, each with its own key; the fourth signature puts it in force'
for party in city mdrc goldman bloomberg; do
    signed=$(as "$party" contract sign rikers-able --as "$party")
    [[ $(value_of version <<<"$signed") == "$version" ]] || fail "$party was shown another version"
    say "$party signed: entry $(value_of entry <<<"$signed")"
done
expect 'the contract is' "$(tally contract show rikers-able | value_of state)" in_force

heading 'Results are reported, and verified by another actor (the two figures are invented for this demonstration)'
submit() { # submit ACTOR INDICATOR VALUE DIMENSION...
    local actor=$1 indicator=$2 value=$3 dims=() d
    shift 3
    for d in "$@"; do dims+=(--dim "$d"); done
    as "$actor" result submit --indicator "$indicator" --version 1 "${dims[@]}" --value "$value" | value_of entry
}
programme=$(submit mdrc nyc.recidivism-bed-days 91 arm=programme cohort=y2013)
comparison=$(submit mdrc nyc.recidivism-bed-days 100 arm=comparison cohort=y2013)
say "MDRC reports 91 days per person in the programme (entry $programme), 100 in the comparison group (entry $comparison)"
if as mdrc result verify "$programme" >/dev/null 2>"$work/refusal"; then fail 'MDRC could verify its own result'; fi
say "MDRC may not verify them itself: $(sed -n 's/^tally: //p' "$work/refusal" | head -n 1)"
as vera result verify "$programme" >/dev/null
as vera result verify "$comparison" >/dev/null
say 'Vera verifies both'
expect 'payments so far' "$(tally payment list | wc -l)" 0

heading 'The evaluator says whether the reduction is significant; asked first, and not recorded: what if it were?'
preview=$(as vera result submit --preview --indicator nyc.recidivism-significant --version 1 --dim cohort=y2013 --value true)
say "it would follow:$(sed -n 's/.*payment.triggered\t/ /p' <<<"$preview")"
[[ $preview == *'4800000.00 USD from city to mdrc'* ]] || fail 'the preview does not come to 4,800,000.00'
significant=$(submit vera nyc.recidivism-significant false cohort=y2013)
say "what was published is that it was not: recorded as false, entry $significant"
tally contract state rikers-able | cut -f 1-3,5 | aligned
expect 'due under the contract' "$(tally contract state rikers-able | cut -f 5)" 0.00
expect 'payments' "$(tally payment list | wc -l)" 0

heading 'Denver pays for days housed: proposed, signed by three'
as denver contract propose "$templates/denver-housing.terms" --id denver-housing --party denver=denver --party lenders=lenders \
    --party csh=csh --party urban=urban >/dev/null 2>"$work/warnings"
for party in denver lenders csh; do as "$party" contract sign denver-housing --as "$party" >/dev/null; done
expect 'the contract is' "$(tally contract show denver-housing | value_of state)" in_force

heading 'Days are reported and verified; each time the payment follows in the same transaction'
house() { # house MEMBER DAYS: what became due
    local seq
    seq=$(submit csh denver.net-days-housed "$2" "payment=$1")
    as urban result verify "$seq" >/dev/null
    echo "$seq" >"$work/seq-$1"
    tally payment list --contract denver-housing | tail -n 1 | cut -f 1,6
}
IFS=$'\t' read -r first amount < <(house first_four 258858)
expect '258,858 days at 15.12' "$amount" 3913932.96
IFS=$'\t' read -r _ amount < <(house fifth 41070)
expect '41,070 days at 15.12' "$amount" 620978.40
tally payment list | cut -f 1-2,4-7,9 | aligned

heading "Why? The explanation of payment $first"
explained=$(tally payment explain "$first")
aligned <<<"$explained"
[[ $explained == *3913932.96* && $explained == *258858* ]] || fail 'the explanation lacks the days or the amount'

heading 'It is paid, and that is recorded too; more than is due is refused'
as denver payment settle "$first" --amount 3913932.96 --reference 'wire 2021-07' --paid-on 2021-07-30 >/dev/null
expect 'outstanding' "$(tally payment show "$first" | value_of outstanding)" 0.00
if as denver payment settle "$first" --amount 0.01 --reference again --paid-on 2021-07-30 >/dev/null 2>"$work/refusal"; then
    fail 'more was settled than was due'
fi
say "one cent more: $(sed -n 's/^tally: //p' "$work/refusal" | head -n 1)"

heading 'Anybody may take the archive and check it, without the service and its database'
tally archive >"$work/ledger.jsonl"
if ! verdict=$(tally-verify "$work/ledger.jsonl" --vkey "$vkey" 2>&1); then
    printf '%s\n' "$verdict"
    fail 'the archive does not verify'
fi
sed -n 's/^/      /p' <<<"$verdict"
expect 'entries in the archive, without its first line and its checkpoint' "$(($(wc -l <"$work/ledger.jsonl") - 2))" "$(tally log | wc -l)"

heading 'Somebody with superuser rights on the database makes 258,858 days 358,858, triggers switched off'
psql=$( (pg_config --bindir 2>/dev/null || true; ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV || true) | while read -r dir; do
    [[ ! -x $dir/psql ]] || { echo "$dir/psql" && break; }
done)
seq=$(cat "$work/seq-first_four")
changed=$("${psql:-psql}" -X -q -A -t -v ON_ERROR_STOP=1 -h "$(cat "$data/socket")" -U postgres -d tally 2>&1 <<SQL
ALTER TABLE ledger.body DISABLE TRIGGER ALL;
UPDATE ledger.body SET body = replace(body, '258858', '358858') WHERE seq = $seq RETURNING body;
SQL
) || fail "psql: $changed"
say "entry $seq now says: $changed"
[[ $changed == *358858* ]] || fail 'the result was not changed'
tally archive >"$work/forged.jsonl"
status=0
verdict=$(tally-verify "$work/forged.jsonl" --vkey "$vkey" 2>&1) || status=$?
sed -n 's/^/      /p' <<<"$verdict"
expect 'tally-verify ends with status' "$status" 1
grep -q "^entry $seq:" <<<"$verdict" || fail "tally-verify does not name entry $seq"
say "found: entry $seq is not what was signed"

heading 'The service stops'
postmaster=$(head -n 1 "$data/postgres/postmaster.pid" 2>/dev/null || echo 0)
stopping=$service
stop
! kill -0 "$stopping" 2>/dev/null || fail 'the service still runs'
[[ $postmaster == 0 ]] || ! kill -0 "$postmaster" 2>/dev/null || fail 'its database still runs'
printf '\nAll of it was so. %d seconds.\n' "$((SECONDS - began))"
