-- Verifications of the results of statement $1 after entry $2, at most $3, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT v.actor, array_agg(v.item ORDER BY v.item) AS items, v.seq
          FROM outcomes.verification AS v
         WHERE v.result_seq = $1::bigint AND v.seq > $2::bigint AND outcomes.reads_entry(v.seq, $4::text)
         GROUP BY v.actor, v.seq
         ORDER BY v.seq
         LIMIT $3::integer) AS j;
