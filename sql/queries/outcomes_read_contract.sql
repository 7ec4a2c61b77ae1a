-- One contract as JSON, as it stood after entry $2; no row when it was proposed later, or is not for $3 (NULL: nobody in
-- particular).
SELECT row_to_json(j)::text AS json
  FROM (SELECT CASE WHEN c.activated_seq <= $2::bigint THEN c.activated_seq END AS activated_seq,
               CASE WHEN c.closed_seq <= $2::bigint THEN c.closed_seq END AS closed_seq, c.id, c.manifest::json AS manifest,
               array_to_json(ARRAY(SELECT row_to_json(m) FROM
                   (SELECT m.indicator, m.metric, m.indicator_version AS version
                      FROM outcomes.contract_metric AS m WHERE m.contract = c.id ORDER BY m.place) AS m)) AS metrics,
               CASE WHEN $2::bigint = 9223372036854775807 THEN outcomes.instant(c.next_moment) END AS next_moment, c.open,
               array_to_json(ARRAY(SELECT row_to_json(p) FROM
                   (SELECT p.actor, p.kid, p.label, p.party, p.role,
                           CASE WHEN p.signed_seq <= $2::bigint THEN p.signed_seq END AS signed_seq
                      FROM outcomes.party AS p WHERE p.contract = c.id ORDER BY p.place) AS p)) AS parties,
               c.proposed_by, c.seq, c.slug,
               CASE WHEN c.closed_seq <= $2::bigint THEN 'closed' WHEN c.activated_seq <= $2::bigint THEN 'in_force'
                    ELSE 'proposed' END AS state,
               encode(c.terms_hash, 'hex') AS terms, c.title, encode(c.version_hash, 'hex') AS version,
               c.version AS version_number
          FROM outcomes.contract AS c
         WHERE c.id = $1::text AND c.seq <= $2::bigint AND (c.open OR outcomes.reads(c.seq, $3::text))) AS j;
