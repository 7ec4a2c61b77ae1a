-- The statement of results with number $1: what its results have in common. $2: who reads, NULL: nobody in particular;
-- asked as in outcomes_has_result.
SELECT r.author, count(*) AS results, r.is_set, outcomes.instant(r."time") AS "time"
  FROM outcomes.result AS r
 WHERE r.seq = $1::bigint AND (r.only_in IS NULL OR r.author = $2::text OR (SELECT outcomes.reads($1::bigint, $2::text)))
 GROUP BY r.author, r.is_set, r."time";
