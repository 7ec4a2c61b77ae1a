-- The hashes of the entries from $1 up to and without $2: of a tile of level 0.
SELECT e.hash FROM ledger.entry AS e WHERE e.seq >= $1::bigint AND e.seq < $2::bigint ORDER BY e.seq
