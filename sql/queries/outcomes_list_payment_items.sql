-- Instances of payment $1 after place $2, at most $3, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, i.place::text AS cursor
  FROM (SELECT i.* FROM outcomes.payment_item AS i
         WHERE i.payment_seq = $1::bigint AND i.place > $2::integer
           AND (SELECT outcomes.reads_entry(p.itemised_seq, $4::text) FROM outcomes.payment AS p WHERE p.seq = $1::bigint)
         ORDER BY i.place
         LIMIT $3::integer) AS i
 CROSS JOIN LATERAL (SELECT i.difference, i.key, i.stands) AS j
 ORDER BY i.place;
