-- Is there a statement of results $1?
SELECT true FROM outcomes.result AS r WHERE r.seq = $1::bigint LIMIT 1;
