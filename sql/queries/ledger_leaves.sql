-- The hashes of the entries before $1, in order: the leaves of the tree.
SELECT e.seq, e.hash FROM ledger.entry AS e WHERE e.seq < $1::bigint ORDER BY e.seq
