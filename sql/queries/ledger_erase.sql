-- The bodies of these entries go ($1), by these entries body.erased ($2), which are in the ledger already.
SELECT ledger.erase(i.seq, i.by_seq) FROM unnest($1::bigint[], $2::bigint[]) AS i (seq, by_seq)
