-- Is this session the one that appends? The key is "tallyseq" as a number. The lock ends with the session.
SELECT pg_try_advisory_lock(8386103194290447729)
