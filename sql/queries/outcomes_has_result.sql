-- Is there a statement of results $1, as far as $2 (NULL: nobody in particular) may know?
SELECT true FROM outcomes.result AS r
 WHERE r.seq = $1::bigint AND outcomes.reads_result(r.only_in, r.author, r.seq, $2::text) LIMIT 1;
