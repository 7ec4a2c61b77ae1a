-- Contracts after id $1, at most $2, each as JSON with its cursor. At most $3 are looked at; one that does not fit has no JSON. $4: only those that this actor is a
-- party of, or has joined, NULL: all; $5: who reads, NULL: nobody in particular. What is open is found by indexes of what is, what is not by the reader's own.
-- t: the text in force.
SELECT CASE WHEN l.fits THEN (SELECT row_to_json(j)::text FROM
           (SELECT l.activated_seq, l.closed_seq, l.id, l.open, l.proposed_by, l.seq, l.state, t.title,
                   encode(t.version_hash, 'hex') AS version
              FROM (SELECT l.title, l.version_hash, l.version
                    UNION ALL
                    SELECT a.title, a.version_hash, a.version FROM outcomes.amendment AS a
                     WHERE a.contract = l.id AND a.in_force_seq IS NOT NULL
                     ORDER BY version DESC
                     LIMIT 1) AS t) AS j) END AS json,
       l.id AS cursor
  FROM (SELECT c.*, f.fits, count(*) FILTER (WHERE f.fits) OVER (ORDER BY c.id) AS found
          FROM (SELECT DISTINCT k.id
                  FROM ((SELECT c.id FROM outcomes.contract AS c
                          WHERE $4::text IS NULL AND (c.open, c.id) > (true, $1::text)
                          ORDER BY c.open, c.id
                          LIMIT $3::integer)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT p.is_open, p.actor, p.contract FROM outcomes.party AS p
                                  WHERE (p.is_open, p.actor, p.contract) > (true, $4::text, $1::text)
                                    AND (p.is_open, p.actor) <= (true, $4::text)
                                  ORDER BY p.is_open, p.actor, p.contract
                                  LIMIT $3::integer) AS k)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT s.is_open, s.actor, s.contract FROM outcomes.amendment_signer AS s
                                  WHERE NOT s.is_leaving AND (s.is_open, s.actor, s.contract) > (true, $4::text, $1::text)
                                    AND (s.is_open, s.actor) <= (true, $4::text)
                                  ORDER BY s.is_open, s.actor, s.contract
                                  LIMIT $3::integer) AS k)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT a.is_open, a.actor, a.contract FROM outcomes.accession AS a
                                  WHERE (a.is_open, a.actor, a.contract) > (true, $4::text, $1::text)
                                    AND (a.is_open, a.actor) <= (true, $4::text)
                                  ORDER BY a.is_open, a.actor, a.contract
                                  LIMIT $3::integer) AS k)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT p.actor, p.contract FROM outcomes.party AS p
                                  WHERE (p.actor, p.contract) > ($5::text, $1::text) AND p.actor <= $5::text
                                  ORDER BY p.actor, p.contract
                                  LIMIT $3::integer) AS k)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT s.actor, s.contract FROM outcomes.amendment_signer AS s
                                  WHERE NOT s.is_leaving AND (s.actor, s.contract) > ($5::text, $1::text) AND s.actor <= $5::text
                                  ORDER BY s.actor, s.contract
                                  LIMIT $3::integer) AS k)
                        UNION ALL
                        (SELECT k.contract
                           FROM (SELECT DISTINCT a.actor, a.contract FROM outcomes.accession AS a
                                  WHERE (a.actor, a.contract) > ($5::text, $1::text) AND a.actor <= $5::text
                                  ORDER BY a.actor, a.contract
                                  LIMIT $3::integer) AS k)) AS k (id)
                 ORDER BY k.id
                 LIMIT $3::integer) AS k
         CROSS JOIN LATERAL (SELECT c.* FROM outcomes.contract AS c WHERE c.id = k.id OFFSET 0) AS c
         CROSS JOIN LATERAL (SELECT (c.open OR outcomes.reads(c.seq, $5::text))
                                AND ($4::text IS NULL
                                     OR EXISTS (SELECT FROM outcomes.party AS p WHERE p.actor = $4::text AND p.contract = c.id)
                                     OR EXISTS (SELECT FROM outcomes.amendment_signer AS s
                                                  JOIN outcomes.amendment AS a ON a.seq = s.amendment_seq
                                                 WHERE s.actor = $4::text AND s.contract = c.id AND NOT s.is_leaving
                                                   AND a.in_force_seq IS NOT NULL)
                                     OR EXISTS (SELECT FROM outcomes.accession AS a
                                                 WHERE a.actor = $4::text AND a.contract = c.id
                                                   AND outcomes.reads_entry(a.seq, $5::text))) AS fits OFFSET 0) AS f) AS l
 WHERE l.found - l.fits::integer < $2::integer
 ORDER BY l.id;
