-- The entries of a batch, in order.
INSERT INTO ledger.entry (seq, "time", actor, type, jti, open, prev, body_commitment, hash)
SELECT i.seq, $2::timestamptz, i.actor, i.type, i.jti, i.open, i.prev, i.body_commitment, i.hash
  FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bytea[], $8::bytea[], $9::bytea[])
       AS i (seq, actor, type, jti, open, prev, body_commitment, hash)
