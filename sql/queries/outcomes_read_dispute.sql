-- The dispute of entry $1: what its results have in common. $2: who reads, NULL: nobody in particular.
SELECT d.actor, count(*) AS results, d.contract, max(d.reason) AS reason, d.result_seq, outcomes.instant(d."time") AS "time",
       outcomes.instant(d.lapses) AS lapses
  FROM outcomes.dispute AS d
 WHERE d.seq = $1::bigint AND outcomes.reads_entry($1::bigint, $2::text)
 GROUP BY d.actor, d.contract, d.result_seq, d."time", d.lapses;
