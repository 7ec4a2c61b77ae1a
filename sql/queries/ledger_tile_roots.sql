-- The roots of the tiles of level $1 from number $2 up to and without $3: the hashes of a tile of the level above.
SELECT t.root FROM ledger.tile AS t
 WHERE t.level = $1::integer AND t.number >= $2::bigint AND t.number < $3::bigint
 ORDER BY t.number
