-- The dispute of entry $1: what its results have in common.
SELECT d.actor, count(*) AS results, d.contract, max(d.reason) AS reason, d.result_seq, outcomes.instant(d."time") AS "time",
       outcomes.instant(d.lapses) AS lapses
  FROM outcomes.dispute AS d
 WHERE d.seq = $1::bigint
 GROUP BY d.actor, d.contract, d.result_seq, d."time", d.lapses;
