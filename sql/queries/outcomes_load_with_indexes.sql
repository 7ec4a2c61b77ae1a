-- For the rest of the transaction: no sequential scans, no JIT. A plan made while a table was small is kept until the next ANALYZE,
-- and the tables of results grow by a million rows in that time.
SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true);
