-- Amendments of contract $3 after entry $1, at most $2, each as JSON with its cursor; for $4 (NULL: nobody in particular).
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT a.in_force_seq, a.manifest::json AS manifest, a.proposed_by, a.seq,
               array_to_json(ARRAY(SELECT row_to_json(s) FROM
                   (SELECT s.actor, s.kid, s.label, s.is_leaving AS leaving, s.party, s.role, s.signed_seq
                      FROM outcomes.amendment_signer AS s WHERE s.amendment_seq = a.seq ORDER BY s.place) AS s)) AS signers,
               CASE WHEN a.in_force_seq IS NOT NULL THEN 'in_force'
                    WHEN EXISTS (SELECT 1 FROM outcomes.amendment AS b
                                  WHERE b.contract = a.contract AND b.version = a.version AND b.in_force_seq IS NOT NULL)
                    THEN 'superseded' ELSE 'proposed' END AS state,
               encode(a.terms_hash, 'hex') AS terms, a.title, encode(a.version_hash, 'hex') AS version,
               a.version AS version_number
          FROM outcomes.amendment AS a
         WHERE a.contract = $3::text AND a.seq > $1::bigint AND outcomes.reads_contract($3::text, $4::text)
         ORDER BY a.seq
         LIMIT $2::integer) AS j;
