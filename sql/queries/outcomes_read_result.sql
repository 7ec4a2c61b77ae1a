-- The statement of results with number $1: what its results have in common.
SELECT r.author, count(*) AS results, r.is_set, outcomes.instant(r."time") AS "time"
  FROM outcomes.result AS r
 WHERE r.seq = $1::bigint
 GROUP BY r.author, r.is_set, r."time";
