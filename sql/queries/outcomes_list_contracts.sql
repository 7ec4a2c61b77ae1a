-- Contracts after id $1, at most $2, each as JSON with its cursor; $3: only those that this actor is a party of, or has joined, NULL: all;
-- $4: who reads, NULL: nobody in particular.
SELECT row_to_json(j)::text AS json, j.id AS cursor
  FROM ((SELECT c.activated_seq, c.closed_seq, c.id, c.open, c.proposed_by, c.seq, c.state, c.title,
               encode(c.version_hash, 'hex') AS version
          FROM outcomes.contract AS c
         WHERE $3::text IS NULL AND c.id > $1::text AND (c.open OR outcomes.reads(c.seq, $4::text))
         ORDER BY c.id
         LIMIT $2::integer)
        UNION ALL
        (SELECT c.activated_seq, c.closed_seq, c.id, c.open, c.proposed_by, c.seq, c.state, c.title,
               encode(c.version_hash, 'hex') AS version
          FROM ((SELECT DISTINCT p.contract FROM outcomes.party AS p
                  WHERE p.actor = $3::text AND p.contract > $1::text AND outcomes.reads_contract(p.contract, $4::text)
                  ORDER BY p.contract
                  LIMIT $2::integer)
                UNION
                (SELECT DISTINCT a.contract FROM outcomes.accession AS a
                  WHERE a.actor = $3::text AND a.contract > $1::text AND outcomes.reads_contract(a.contract, $4::text)
                  ORDER BY a.contract
                  LIMIT $2::integer)) AS p
          JOIN outcomes.contract AS c ON c.id = p.contract
         ORDER BY c.id
         LIMIT $2::integer)) AS j
 ORDER BY j.id;
