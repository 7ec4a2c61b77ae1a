-- Parties of contract $1 after place $2, at most $3, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, p.place::text AS cursor
  FROM (SELECT p.* FROM outcomes.party AS p
         WHERE p.contract = $1::text AND p.place > $2::integer AND outcomes.reads_contract($1::text, $4::text)
         ORDER BY p.place
         LIMIT $3::integer) AS p
 CROSS JOIN LATERAL (SELECT p.actor, p.kid, p.label, p.party, p.role, p.signed_seq) AS j
 ORDER BY p.place;
