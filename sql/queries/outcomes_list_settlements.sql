-- Settlements of payment $3 after entry $1, at most $2, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT s.amount, s.paid_on, s.payment_seq, s.recorded_by, s.reference, s.seq
          FROM outcomes.settlement AS s
         WHERE s.payment_seq = $3::bigint AND s.seq > $1::bigint AND outcomes.reads_entry(s.seq, $4::text)
         ORDER BY s.seq
         LIMIT $2::integer) AS j;
