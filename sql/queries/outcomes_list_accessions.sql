-- Who joined classes of parties of contract $1 after entry $2, at most $3, each as JSON with its cursor; for $4
-- (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, a.seq::text AS cursor
  FROM (SELECT a.* FROM outcomes.accession AS a
         WHERE a.contract = $1::text AND a.seq > $2::bigint AND outcomes.reads_contract($1::text, $4::text)
           AND outcomes.reads_entry(a.seq, $4::text)
         ORDER BY a.seq
         LIMIT $3::integer) AS a
 CROSS JOIN LATERAL (SELECT a.actor, a.class, a.kid, a.seq) AS j
 ORDER BY a.seq;
