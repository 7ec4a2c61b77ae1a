#!/bin/bash
# Starts the service for a first look: run.sh BIN DATA [ADDRESS]. Makes a ledger in DATA when there is none.
set -euo pipefail
bin=$1 data=$2 listen=${3:-${LISTEN:-127.0.0.1:8420}}

if [[ ! -f $data/ledger.json ]]; then
    echo "Making a new ledger in $data (its key: $data/ledger.pem; the operator's key: $data/operator.pem)."
    "$bin/tallyd" init --data "$data" --origin "${ORIGIN:-localhost/tallystick}" --new-operator operator >/dev/null
fi
cat <<END

The service will listen on http://$listen. In another terminal, type:

  export TALLY_SERVER=http://$listen TALLY_ACTOR=operator TALLY_KEY='$data/operator.pem'
  $bin/tally actor list
  $bin/tally log

Ctrl-C stops the service and its database; the ledger stays in $data. The tour in README.md goes on from here.

END
exec "$bin/tallyd" --data "$data" --listen "$listen" --log human
