-- Results after (seq, item) = ($1, $2), at most $3, each as JSON with its cursor. Filters, NULL for none: indicator $4, its
-- version $5, contract $6 (what its metrics measure, and its figures), author $7. $8: who reads, NULL: nobody in particular. Each branch has an index that gives its order;
-- the filters decide which of them runs.
SELECT row_to_json(j)::text AS json, j.seq || '.' || j.item AS cursor
  FROM (SELECT r.author, r.contract, r.dimensions::json AS dimensions, r.indicator, r.item, r.metric, r.seq,
               r.is_set AS "set", outcomes.instant(r."time") AS "time", r.value, r.version, r.is_withdrawal AS withdrawal
          FROM ((SELECT r.* FROM outcomes.result AS r
                 WHERE $4::text IS NULL AND $6::text IS NULL AND $7::text IS NULL
                   AND (r.seq, r.item) > ($1::bigint, $2::integer)
                   AND outcomes.reads_result(r.only_in, r.author, r.seq, $8::text)
                 ORDER BY r.seq, r.item
                 LIMIT $3::integer)
                UNION ALL
                (SELECT r.* FROM outcomes.result AS r
                 WHERE $4::text IS NULL AND $6::text IS NULL AND r.author = $7::text
                   AND (r.seq, r.item) > ($1::bigint, $2::integer)
                   AND outcomes.reads_result(r.only_in, r.author, r.seq, $8::text)
                 ORDER BY r.seq, r.item
                 LIMIT $3::integer)
                UNION ALL
                (SELECT s.*
                  FROM outcomes.indicator AS i
                 CROSS JOIN LATERAL (SELECT r.* FROM outcomes.result AS r
                 WHERE r.indicator = i.slug AND r.version = i.version AND ($7::text IS NULL OR r.author = $7::text)
                   AND (r.seq, r.item) > ($1::bigint, $2::integer)
                   AND outcomes.reads_result(r.only_in, r.author, r.seq, $8::text)
                 ORDER BY r.seq, r.item
                 LIMIT $3::integer) AS s
                 WHERE $6::text IS NULL AND i.slug = $4::text AND ($5::integer IS NULL OR i.version = $5::integer))
                UNION ALL
                (SELECT s.*
                  FROM (SELECT DISTINCT m.indicator, m.indicator_version FROM outcomes.contract_metric AS m
                         WHERE m.contract = $6::text AND m.indicator IS NOT NULL
                           AND outcomes.reads_contract($6::text, $8::text)
                           AND ($4::text IS NULL OR m.indicator = $4::text)
                           AND ($5::integer IS NULL OR m.indicator_version = $5::integer)) AS i
                 CROSS JOIN LATERAL (SELECT r.* FROM outcomes.result AS r
                 WHERE r.indicator = i.indicator AND r.version = i.indicator_version AND ($7::text IS NULL OR r.author = $7::text)
                   AND (r.seq, r.item) > ($1::bigint, $2::integer)
                   AND outcomes.reads_result(r.only_in, r.author, r.seq, $8::text)
                 ORDER BY r.seq, r.item
                 LIMIT $3::integer) AS s)
                UNION ALL
                (SELECT r.* FROM outcomes.result AS r
                 WHERE $4::text IS NULL AND r.contract = $6::text AND outcomes.reads_contract($6::text, $8::text) AND ($7::text IS NULL OR r.author = $7::text)
                   AND (r.seq, r.item) > ($1::bigint, $2::integer)
                   AND outcomes.reads_result(r.only_in, r.author, r.seq, $8::text)
                 ORDER BY r.seq, r.item
                 LIMIT $3::integer)) AS r
         ORDER BY r.seq, r.item
         LIMIT $3::integer) AS j;
