-- Contracts of which a version, or its text, has one of these hashes (hex), in force or proposed as a contract; of one hash two at most.
SELECT h.hex, v.contract, v.version
  FROM unnest($1::text[]) AS h(hex)
 CROSS JOIN LATERAL (SELECT v.contract, v.version
                       FROM ((SELECT c.id AS contract, 1 AS version FROM outcomes.contract AS c
                               WHERE c.version_hash = decode(h.hex, 'hex') LIMIT 2)
                             UNION
                             (SELECT c.id, 1 FROM outcomes.contract AS c WHERE c.terms_hash = decode(h.hex, 'hex') LIMIT 2)
                             UNION
                             (SELECT a.contract, a.version FROM outcomes.amendment AS a
                               WHERE a.version_hash = decode(h.hex, 'hex') AND a.in_force_seq IS NOT NULL LIMIT 2)
                             UNION
                             (SELECT a.contract, a.version FROM outcomes.amendment AS a
                               WHERE a.terms_hash = decode(h.hex, 'hex') AND a.in_force_seq IS NOT NULL LIMIT 2)) AS v
                     OFFSET 0) AS v;
