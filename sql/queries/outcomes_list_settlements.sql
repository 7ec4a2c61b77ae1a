-- Settlements of payment $1 after entry $2, at most $3, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT s.amount, s.paid_on, s.payment_seq, s.recorded_by, s.reference, s.seq
          FROM outcomes.settlement AS s
         WHERE s.payment_seq = $1::bigint AND s.seq > $2::bigint AND outcomes.reads_entry(s.seq, $4::text)
         ORDER BY s.seq
         LIMIT $3::integer) AS j;
