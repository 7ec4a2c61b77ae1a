-- Who joined classes of parties of contract $3 after entry $1, at most $2, each as JSON with its cursor; for $4
-- (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, a.seq::text AS cursor
  FROM (SELECT outcomes.reads_since($3::text, $4::text) AS since OFFSET 0) AS c
 CROSS JOIN LATERAL (SELECT a.* FROM outcomes.accession AS a
                      WHERE a.contract = $3::text AND a.seq > $1::bigint AND a.seq >= c.since
                      ORDER BY a.seq
                      LIMIT $2::integer) AS a
 CROSS JOIN LATERAL (SELECT a.actor, a.class, a.kid, a.seq) AS j
 ORDER BY a.seq;
