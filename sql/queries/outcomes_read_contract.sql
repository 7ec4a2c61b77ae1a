-- One contract as JSON, as it stood after entry $2; no row when it was proposed later, or is not for $3 (NULL: nobody in
-- particular). t: the text that was in force then.
SELECT row_to_json(j)::text AS json
  FROM (SELECT CASE WHEN c.activated_seq <= $2::bigint THEN c.activated_seq END AS activated_seq,
               (SELECT count(*) FROM outcomes.amendment AS a
                 WHERE a.contract = c.id AND a.seq <= $2::bigint AND a.version = t.version + 1) AS amendments_open,
               CASE WHEN c.closed_seq <= $2::bigint THEN c.closed_seq END AS closed_seq, c.id, t.manifest::json AS manifest,
               array_to_json(ARRAY(SELECT row_to_json(m) FROM
                   (SELECT m.indicator, m.metric, m.indicator_version AS version
                      FROM outcomes.contract_metric AS m WHERE m.contract = c.id AND m.text_seq = t.seq
                     ORDER BY m.place) AS m)) AS metrics,
               CASE WHEN $2::bigint = 9223372036854775807 THEN outcomes.instant(c.next_moment) END AS next_moment, c.open,
               array_to_json(ARRAY(SELECT row_to_json(p) FROM
                   (SELECT p.actor, p.kid, p.label, p.party, p.role,
                           CASE WHEN p.signed_seq <= $2::bigint THEN p.signed_seq END AS signed_seq
                      FROM (SELECT p.place, p.actor, p.kid, p.label, p.party, p.role, p.signed_seq
                              FROM outcomes.party AS p WHERE p.contract = c.id AND t.version = 1
                            UNION ALL
                            SELECT s.place, s.actor, s.kid, s.label, s.party, s.role, s.signed_seq
                              FROM outcomes.amendment_signer AS s WHERE s.amendment_seq = t.seq AND NOT s.is_leaving) AS p
                     ORDER BY p.place) AS p)) AS parties,
               c.proposed_by, c.seq, c.slug,
               CASE WHEN c.closed_seq <= $2::bigint THEN 'closed' WHEN c.activated_seq <= $2::bigint THEN 'in_force'
                    ELSE 'proposed' END AS state,
               encode(t.terms_hash, 'hex') AS terms, t.title, encode(t.version_hash, 'hex') AS version,
               t.version AS version_number,
               array_to_json(ARRAY(SELECT row_to_json(v) FROM
                   (SELECT v.in_force_seq, v.seq, encode(v.terms_hash, 'hex') AS terms,
                           encode(v.version_hash, 'hex') AS version, v.version AS version_number
                      FROM (SELECT CASE WHEN c.activated_seq <= $2::bigint THEN c.activated_seq END AS in_force_seq, c.seq,
                                   c.terms_hash, c.version_hash, c.version
                            UNION ALL
                            SELECT a.in_force_seq, a.seq, a.terms_hash, a.version_hash, a.version
                              FROM outcomes.amendment AS a
                             WHERE a.contract = c.id AND a.in_force_seq <= $2::bigint) AS v
                     ORDER BY v.version) AS v)) AS versions
          FROM outcomes.contract AS c
         CROSS JOIN LATERAL (SELECT t.* FROM
                   (SELECT c.seq, c.version, c.title, c.manifest, c.terms_hash, c.version_hash
                    UNION ALL
                    SELECT a.seq, a.version, a.title, a.manifest, a.terms_hash, a.version_hash
                      FROM outcomes.amendment AS a
                     WHERE a.contract = c.id AND a.in_force_seq <= $2::bigint) AS t
                 ORDER BY t.version DESC
                 LIMIT 1) AS t
         WHERE c.id = $1::text AND c.seq <= $2::bigint AND (c.open OR outcomes.reads(c.seq, $3::text))) AS j;
