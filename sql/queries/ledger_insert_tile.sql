-- The tiles that a batch made full.
INSERT INTO ledger.tile (level, number, root)
SELECT i.level, i.number, i.root FROM unnest($1::integer[], $2::bigint[], $3::bytea[]) AS i (level, number, root)
