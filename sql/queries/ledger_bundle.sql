-- The entries from $1 up to and without $2, without their bodies.
SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash, NULL::bytea, NULL::text, NULL::text, false
  FROM ledger.entry AS e
 WHERE e.seq >= $1::bigint AND e.seq < $2::bigint
 ORDER BY e.seq
