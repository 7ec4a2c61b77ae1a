-- Contracts after id $1, at most $2, each as JSON with its cursor; $3: only those that this actor is a party of, or has joined, NULL: all;
-- $4: who reads, NULL: nobody in particular.
-- t: the text in force.
SELECT row_to_json(j)::text AS json, j.id AS cursor
  FROM (SELECT c.activated_seq, c.closed_seq, c.id, c.open, c.proposed_by, c.seq, c.state, t.title,
               encode(t.version_hash, 'hex') AS version
          FROM ((SELECT c.* FROM outcomes.contract AS c
                 WHERE $3::text IS NULL AND c.id > $1::text AND (c.open OR outcomes.reads(c.seq, $4::text))
                 ORDER BY c.id
                 LIMIT $2::integer)
                UNION ALL
                (SELECT c.*
                  FROM (SELECT DISTINCT p.contract
                          FROM ((SELECT DISTINCT p.contract FROM outcomes.party AS p
                                 WHERE p.actor = $3::text AND p.contract > $1::text
                                   AND outcomes.reads_contract(p.contract, $4::text)
                                 ORDER BY p.contract
                                 LIMIT $2::integer)
                                UNION ALL
                                (SELECT DISTINCT s.contract FROM outcomes.amendment_signer AS s
                                  JOIN outcomes.amendment AS a ON a.seq = s.amendment_seq AND a.in_force_seq IS NOT NULL
                                 WHERE s.actor = $3::text AND s.contract > $1::text AND NOT s.is_leaving
                                   AND outcomes.reads_contract(s.contract, $4::text)
                                 ORDER BY s.contract
                                 LIMIT $2::integer)
                                UNION ALL
                                (SELECT DISTINCT x.contract FROM outcomes.accession AS x
                                 WHERE x.actor = $3::text AND x.contract > $1::text
                                   AND outcomes.reads_contract(x.contract, $4::text)
                                   AND outcomes.reads_entry(x.seq, $4::text)
                                 ORDER BY x.contract
                                 LIMIT $2::integer)) AS p
                         ORDER BY p.contract
                         LIMIT $2::integer) AS p
                  JOIN outcomes.contract AS c ON c.id = p.contract)) AS c
         CROSS JOIN LATERAL (SELECT t.title, t.version_hash FROM
                   (SELECT c.title, c.version_hash, c.version
                    UNION ALL
                    SELECT a.title, a.version_hash, a.version FROM outcomes.amendment AS a
                     WHERE a.contract = c.id AND a.in_force_seq IS NOT NULL) AS t
                 ORDER BY t.version DESC
                 LIMIT 1) AS t) AS j
 ORDER BY j.id;
