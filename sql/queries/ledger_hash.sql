-- The hash of one entry.
SELECT e.hash FROM ledger.entry AS e WHERE e.seq = $1::bigint
