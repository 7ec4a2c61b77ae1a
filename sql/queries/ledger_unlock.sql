-- Gives back what ledger_lock.sql took, at once: when a session ends, others may see its locks for a moment yet.
SELECT pg_advisory_unlock(8386103194290447729)
