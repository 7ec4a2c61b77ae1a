-- Verifications of the results of statement $3 after entry $1, at most $2, each as JSON with its cursor; for $4 (NULL: nobody in particular).
-- OFFSET 0: who reads a verification is asked once for each, not for each of its items.
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT v.actor, v.items, v.seq
          FROM (SELECT v.actor, array_agg(v.item ORDER BY v.item) AS items, v.seq
                  FROM outcomes.verification AS v
                 WHERE v.result_seq = $3::bigint AND v.seq > $1::bigint
                   AND EXISTS (SELECT FROM outcomes.result AS r
                                WHERE r.seq = $3::bigint
                                  AND (r.only_in IS NULL OR r.author = $4::text OR (SELECT outcomes.reads($3::bigint, $4::text))))
                 GROUP BY v.actor, v.seq
                 ORDER BY v.seq
                OFFSET 0) AS v
         WHERE outcomes.reads_entry(v.seq, $4::text)
         ORDER BY v.seq
         LIMIT $2::integer) AS j;
