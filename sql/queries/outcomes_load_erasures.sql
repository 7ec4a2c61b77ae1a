-- Which of these entries have had their bodies erased.
SELECT e.entry, e.seq FROM outcomes.erasure AS e WHERE e.entry = ANY ($1::bigint[]);
