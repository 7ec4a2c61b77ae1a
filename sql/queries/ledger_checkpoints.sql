-- The newest $1 checkpoints that were published, the newest first.
SELECT c.size, c.root, c.note FROM ledger.checkpoint AS c ORDER BY c.size DESC LIMIT $1::integer
