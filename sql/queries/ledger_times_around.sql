-- When the last of the first $1 entries was appended, and when the one behind it (null: there is none yet).
SELECT (SELECT e."time" FROM ledger.entry AS e WHERE e.seq = $1::bigint - 1),
       (SELECT e."time" FROM ledger.entry AS e WHERE e.seq = $1::bigint)
