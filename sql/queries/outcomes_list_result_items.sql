-- Results of statement $3 after item $1, at most $2, each as JSON with its cursor: how it stands in each contract, by each of
-- its texts that is in force; who verified it. What was final before a text came into force, and was replaced by then, is final for no metric of
-- that text: what replaced it is of the same dimensions.
-- $4: who reads (NULL: nobody in particular), and so which contracts there are: those that are open, and of the others the reader's own.
WITH mine AS MATERIALIZED (
    SELECT m.*
      FROM (SELECT DISTINCT p.contract FROM outcomes.reading_party AS p WHERE p.actor = $4::text) AS p
     CROSS JOIN LATERAL (SELECT m.* FROM outcomes.contract_metric AS m
                          WHERE m.contract = p.contract AND m.indicator IS NOT NULL AND NOT m.is_open OFFSET 0) AS m
)
SELECT row_to_json(j)::text AS json, j.item::text AS cursor
  FROM (SELECT r.author, r.contract, r.dimensions::json AS dimensions,
               array_to_json(ARRAY(SELECT row_to_json(f) FROM
                   (SELECT m.contract, f.seq AS final_seq, f.key, m.metric, f.replaced,
                           CASE WHEN d.is_open THEN 'disputed'
                                WHEN d.decision = 'annulled' THEN 'annulled'
                                WHEN EXISTS (SELECT 1 FROM outcomes.final AS l
                                              WHERE l.contract = m.contract AND l.first_seq = coalesce(r.first_seq, r.seq)
                                                AND l.first_seq <> l.result_seq AND l.result_seq > r.seq
                                                AND l.metric = m.metric AND l.version = c.version
                                                AND CASE WHEN f.seq IS NOT NULL THEN l.key = f.key
                                                         ELSE EXISTS (SELECT FROM outcomes.result AS x
                                                                       WHERE x.seq = l.result_seq AND x.item = l.item
                                                                         AND x.dimensions = r.dimensions) END) THEN 'superseded'
                                WHEN f.seq IS NULL THEN 'not final'
                                WHEN r.is_withdrawal THEN 'withdrawn'
                                ELSE 'final' END AS standing, c.state, c.version AS version_number
                      FROM (SELECT m.* FROM outcomes.contract_metric AS m
                             WHERE m.indicator = r.indicator AND m.indicator_version = r.version AND m.is_open
                            UNION ALL
                            SELECT m.* FROM mine AS m
                             WHERE m.indicator = r.indicator AND m.indicator_version = r.version
                            UNION ALL
                            SELECT m.* FROM outcomes.contract_metric AS m
                             WHERE m.contract = r.contract AND m.metric = r.metric
                            OFFSET 0) AS m
                     CROSS JOIN LATERAL (SELECT c.seq, c.state, c.version FROM outcomes.contract AS c
                                          WHERE c.id = m.contract AND c.seq = m.text_seq
                                            AND (c.open OR outcomes.reads(c.seq, $4::text))
                                         UNION ALL
                                         SELECT c.seq, c.state, a.version
                                           FROM outcomes.amendment AS a JOIN outcomes.contract AS c ON c.id = a.contract
                                          WHERE a.contract = m.contract AND a.seq = m.text_seq AND a.in_force_seq IS NOT NULL
                                            AND (c.open OR outcomes.reads(c.seq, $4::text))
                                         OFFSET 0) AS c
                      LEFT JOIN LATERAL (SELECT f.seq, f.key, f.replaced, f.version FROM outcomes.final AS f
                                          WHERE f.contract = m.contract AND f.result_seq = r.seq AND f.item = r.item
                                            AND f.metric = m.metric AND f.first_seq = coalesce(r.first_seq, r.seq)
                                            AND f.version = c.version
                                          ORDER BY f.seq DESC
                                          LIMIT 1) AS f ON true
                      LEFT JOIN LATERAL (SELECT e.decision, e.decision IS NULL AS is_open
                                           FROM outcomes.dispute AS d
                                           LEFT JOIN outcomes.decision AS e ON e.dispute_seq = d.seq AND e.item = d.item
                                          WHERE d.contract = m.contract AND d.result_seq = r.seq AND d.item = r.item
                                         OFFSET 0) AS d ON true
                     ORDER BY c.seq, c.version, m.place) AS f)) AS fits,
               r.indicator, r.item, r.metric,
               CASE WHEN r.of_seq IS NOT NULL THEN json_build_object('item', r.of_item, 'seq', r.of_seq) END AS "of",
               (SELECT json_build_object('item', b.item, 'seq', b.seq) FROM outcomes.result AS b
                 WHERE b.of_seq = r.seq AND b.of_item = r.item AND b.prev_seq = r.seq
                   AND outcomes.reads_result(b.only_in, b.author, b.seq, $4::text)) AS replaced_by,
               r.seq, r.is_set AS "set", outcomes.instant(r."time") AS "time", r.value,
               array_to_json(ARRAY(SELECT row_to_json(v) FROM
                   (SELECT v.actor, v.seq FROM outcomes.verification AS v
                     WHERE v.result_seq = r.seq AND v.item = r.item AND outcomes.reads_entry(v.seq, $4::text)
                     ORDER BY v.seq) AS v)) AS verifications,
               r.version, r.is_withdrawal AS withdrawal
          FROM outcomes.result AS r
         WHERE r.seq = $3::bigint AND r.item > $1::integer
           AND (r.only_in IS NULL OR r.author = $4::text OR (SELECT outcomes.reads($3::bigint, $4::text)))
         ORDER BY r.seq, r.item
         LIMIT $2::integer) AS j;
