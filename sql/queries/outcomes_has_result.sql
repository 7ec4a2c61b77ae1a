-- Is there a statement of results $1, as far as $2 (NULL: nobody in particular) may know? As outcomes.reads_result has it, and what
-- is the same for all its results is asked once.
SELECT true FROM outcomes.result AS r
 WHERE r.seq = $1::bigint AND (r.only_in IS NULL OR r.author = $2::text OR (SELECT outcomes.reads($1::bigint, $2::text))) LIMIT 1;
