-- Every entry from $1 up to and without $2, with its body.
SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash, b.nonce, b.jws, b.body
  FROM ledger.entry AS e LEFT JOIN ledger.body AS b ON b.seq = e.seq
 WHERE e.seq >= $1::bigint AND e.seq < $2::bigint
 ORDER BY e.seq
