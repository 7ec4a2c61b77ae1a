-- Cosignatures of one checkpoint take the place of older ones: size $1, root $2; for each its witness, whether it is one of a quorum, when, its line.
INSERT INTO ledger.cosignature AS c (size, root, witness, is_quorum, seconds, line)
SELECT $1::bigint, $2::bytea, i.witness, i.is_quorum, i.seconds, i.line
  FROM unnest($3::text[], $4::boolean[], $5::bigint[], $6::text[]) AS i (witness, is_quorum, seconds, line)
ON CONFLICT (witness, is_quorum) DO UPDATE SET size = excluded.size, root = excluded.root, seconds = excluded.seconds, line = excluded.line
 WHERE (excluded.size, excluded.seconds) > (c.size, c.seconds)
