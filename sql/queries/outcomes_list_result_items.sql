-- Results of statement $1 after item $2, at most $3, each as JSON with its cursor: what it is final for, who verified it.
SELECT row_to_json(j)::text AS json, j.item::text AS cursor
  FROM (SELECT r.author, r.contract, r.dimensions::json AS dimensions,
               array_to_json(ARRAY(SELECT row_to_json(f) FROM
                   (SELECT m.contract, f.seq AS final_seq, f.key, m.metric, c.state
                      FROM (SELECT m.* FROM outcomes.contract_metric AS m
                             WHERE m.indicator = r.indicator AND m.indicator_version = r.version
                            UNION ALL
                            SELECT m.* FROM outcomes.contract_metric AS m
                             WHERE m.contract = r.contract AND m.metric = r.metric
                            OFFSET 0) AS m
                     CROSS JOIN LATERAL (SELECT c.seq, c.state FROM outcomes.contract AS c
                                          WHERE c.id = m.contract OFFSET 0) AS c
                      LEFT JOIN LATERAL (SELECT f.seq, f.key FROM outcomes.final AS f
                                          WHERE f.contract = m.contract AND f.result_seq = r.seq AND f.item = r.item
                                            AND f.metric = m.metric OFFSET 0) AS f ON true
                     ORDER BY c.seq, m.place) AS f)) AS fits,
               r.indicator, r.item, r.metric, r.seq, r.is_set AS "set", outcomes.instant(r."time") AS "time", r.value,
               array_to_json(ARRAY(SELECT row_to_json(v) FROM
                   (SELECT v.actor, v.seq FROM outcomes.verification AS v
                     WHERE v.result_seq = r.seq AND v.item = r.item ORDER BY v.seq) AS v)) AS verifications,
               r.version
          FROM outcomes.result AS r
         WHERE r.seq = $1::bigint AND r.item > $2::integer
         ORDER BY r.seq, r.item
         LIMIT $3::integer) AS j;
