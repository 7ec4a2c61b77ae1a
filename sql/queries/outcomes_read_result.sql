-- The statement of results with number $1: what its results have in common. $2: who reads, NULL: nobody in particular.
SELECT r.author, count(*) AS results, r.is_set, outcomes.instant(r."time") AS "time"
  FROM outcomes.result AS r
 WHERE r.seq = $1::bigint AND outcomes.reads_result(r.only_in, r.author, r.seq, $2::text)
 GROUP BY r.author, r.is_set, r."time";
