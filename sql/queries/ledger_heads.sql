-- The hashes of these entries, as far as they exist.
SELECT e.seq, e.hash FROM unnest($1::bigint[]) AS i (seq) JOIN ledger.entry AS e ON e.seq = i.seq
