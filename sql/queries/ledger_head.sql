-- The newest entry.
SELECT e.seq, e.hash, e."time" FROM ledger.entry AS e ORDER BY e.seq DESC LIMIT 1
