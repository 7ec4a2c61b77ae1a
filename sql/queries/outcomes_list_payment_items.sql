-- Instances of payment $3 after place $1, at most $2, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, i.place::text AS cursor
  FROM (SELECT i.* FROM outcomes.payment_item AS i
         WHERE i.payment_seq = $3::bigint AND i.place > $1::integer
           AND (SELECT outcomes.reads_entry(p.itemised_seq, $4::text) FROM outcomes.payment AS p WHERE p.seq = $3::bigint)
         ORDER BY i.place
         LIMIT $2::integer) AS i
 CROSS JOIN LATERAL (SELECT i.difference, i.key, i.stands) AS j
 ORDER BY i.place;
