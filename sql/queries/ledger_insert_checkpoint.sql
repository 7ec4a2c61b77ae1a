-- A checkpoint that is about to be published.
INSERT INTO ledger.checkpoint (size, root, note) VALUES ($1::bigint, $2::bytea, $3::text)
