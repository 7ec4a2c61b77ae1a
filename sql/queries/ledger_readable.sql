-- Which of these entries $2 (NULL: nobody in particular) may read.
SELECT e.seq FROM unnest($1::bigint[]) AS i (seq) JOIN ledger.entry AS e ON e.seq = i.seq
 WHERE ledger.reads(e.open, e.actor, e.seq, $2::text)
