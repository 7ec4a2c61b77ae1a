-- One entry with its body, whoever may read it: for the service itself, which says what is left of it when it is erased.
SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash, b.nonce, b.jws, b.body, false
  FROM ledger.entry AS e LEFT JOIN ledger.body AS b ON b.seq = e.seq
 WHERE e.seq = $1::bigint
