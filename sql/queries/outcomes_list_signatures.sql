-- Parties of the text in force of contract $3 after place $1, at most $2, each as JSON with its cursor; for $4
-- (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, p.place::text AS cursor
  FROM (SELECT p.* FROM
           (SELECT p.place, p.actor, p.kid, p.label, p.party, p.role, p.signed_seq
              FROM outcomes.party AS p
             WHERE p.contract = $3::text
               AND NOT EXISTS (SELECT 1 FROM outcomes.amendment AS a WHERE a.contract = $3::text AND a.in_force_seq IS NOT NULL)
            UNION ALL
            SELECT s.place, s.actor, s.kid, s.label, s.party, s.role, s.signed_seq
              FROM outcomes.amendment_signer AS s
             WHERE NOT s.is_leaving
               AND s.amendment_seq = (SELECT a.seq FROM outcomes.amendment AS a
                                       WHERE a.contract = $3::text AND a.in_force_seq IS NOT NULL
                                       ORDER BY a.version DESC LIMIT 1)) AS p
         WHERE p.place > $1::integer AND outcomes.reads_contract($3::text, $4::text)
         ORDER BY p.place
         LIMIT $2::integer) AS p
 CROSS JOIN LATERAL (SELECT p.actor, p.kid, p.label, p.party, p.role, p.signed_seq) AS j
 ORDER BY p.place;
