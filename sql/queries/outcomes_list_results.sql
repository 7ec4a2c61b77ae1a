-- Results after (seq, item) = ($1, $2), at most $3, each as JSON with its cursor. At most $4 are looked at; one that does not fit the filters has no JSON.
-- Filters, NULL for none: indicator $5, its version $6, contract $7 (what its metrics measure, and its figures), author $8. $9: who reads, NULL: nobody
-- in particular. What is open comes from branches of which each has an index that gives its order, and the filters decide which of them run; what is not,
-- from what the reader reported, what concerns its contracts, and what was open until it was erased, of their metrics.
WITH mine AS MATERIALIZED (
    SELECT DISTINCT p.contract FROM outcomes.reading_party AS p WHERE p.actor = $9::text
)
SELECT CASE WHEN l.fits THEN (SELECT row_to_json(j)::text FROM
           (SELECT l.author, l.contract, l.dimensions::json AS dimensions, l.indicator, l.item, l.metric, l.seq,
                   l.is_set AS "set", outcomes.instant(l."time") AS "time", l.value, l.version, l.is_withdrawal AS withdrawal)
           AS j) END AS json,
       l.seq || '.' || l.item AS cursor
  FROM (SELECT r.*, f.fits, count(*) FILTER (WHERE f.fits) OVER (ORDER BY r.seq, r.item) AS found
          FROM (SELECT DISTINCT k.seq, k.item
                  FROM ((SELECT r.seq, r.item FROM outcomes.result AS r
                          WHERE $5::text IS NULL AND $7::text IS NULL AND $8::text IS NULL
                            AND (r.is_open, r.seq, r.item) > (true, $1::bigint, $2::integer)
                          ORDER BY r.is_open, r.seq, r.item
                          LIMIT $4::integer)
                        UNION ALL
                        (SELECT r.seq, r.item FROM outcomes.result AS r
                          WHERE $5::text IS NULL AND $7::text IS NULL
                            AND (r.author, r.is_open, r.seq, r.item) > ($8::text, true, $1::bigint, $2::integer)
                            AND (r.author, r.is_open) <= ($8::text, true)
                          ORDER BY r.author, r.is_open, r.seq, r.item
                          LIMIT $4::integer)
                        UNION ALL
                        (SELECT r.seq, r.item
                           FROM outcomes.indicator AS i
                          CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                                               WHERE r.indicator IS NOT NULL
                                                 AND (r.indicator, r.version, r.is_open, r.seq, r.item)
                                                     > (i.slug, i.version, true, $1::bigint, $2::integer)
                                                 AND (r.indicator, r.version, r.is_open) <= (i.slug, i.version, true)
                                               ORDER BY r.indicator, r.version, r.is_open, r.seq, r.item
                                               LIMIT $4::integer) AS r
                          WHERE $7::text IS NULL AND i.slug = $5::text AND ($6::integer IS NULL OR i.version = $6::integer))
                        UNION ALL
                        (SELECT r.seq, r.item
                           FROM (SELECT DISTINCT m.indicator, m.indicator_version FROM outcomes.contract_metric AS m
                                  WHERE m.contract = $7::text AND m.indicator IS NOT NULL
                                    AND ($5::text IS NULL OR m.indicator = $5::text)
                                    AND ($6::integer IS NULL OR m.indicator_version = $6::integer)) AS i
                          CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                                               WHERE r.indicator IS NOT NULL
                                                 AND (r.indicator, r.version, r.is_open, r.seq, r.item)
                                                     > (i.indicator, i.indicator_version, true, $1::bigint, $2::integer)
                                                 AND (r.indicator, r.version, r.is_open) <= (i.indicator, i.indicator_version, true)
                                               ORDER BY r.indicator, r.version, r.is_open, r.seq, r.item
                                               LIMIT $4::integer) AS r)
                        UNION ALL
                        (SELECT r.seq, r.item FROM outcomes.result AS r
                          WHERE $5::text IS NULL AND r.contract IS NOT NULL
                            AND (r.contract, r.is_open, r.seq, r.item) > ($7::text, true, $1::bigint, $2::integer)
                            AND (r.contract, r.is_open) <= ($7::text, true)
                          ORDER BY r.contract, r.is_open, r.seq, r.item
                          LIMIT $4::integer)
                        UNION ALL
                        (SELECT r.seq, r.item FROM outcomes.result AS r
                          WHERE (r.author, r.is_open, r.seq, r.item) > ($9::text, false, $1::bigint, $2::integer)
                            AND (r.author, r.is_open) <= ($9::text, false)
                          ORDER BY r.author, r.is_open, r.seq, r.item
                          LIMIT $4::integer)
                        UNION ALL
                        (SELECT r.seq, r.item
                           FROM mine AS m
                          CROSS JOIN LATERAL (SELECT n.seq FROM outcomes.concern AS n
                                               WHERE n.is_result AND (n.contract, n.seq) >= (m.contract, $1::bigint)
                                                 AND n.contract <= m.contract
                                               ORDER BY n.contract, n.seq
                                               LIMIT $4::integer + 1) AS n
                          CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                                               WHERE r.seq = n.seq AND (r.seq, r.item) > ($1::bigint, $2::integer)
                                               ORDER BY r.seq, r.item
                                               LIMIT $4::integer) AS r)
                        UNION ALL
                        (SELECT r.seq, r.item
                           FROM (SELECT DISTINCT m.indicator, m.indicator_version
                                   FROM mine AS c
                                  CROSS JOIN LATERAL (SELECT m.* FROM outcomes.contract_metric AS m
                                                       WHERE m.contract = c.contract OFFSET 0) AS m
                                  WHERE m.indicator IS NOT NULL) AS i
                          CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                                               WHERE r.only_in = '' AND r.indicator IS NOT NULL
                                                 AND (r.only_in, r.indicator, r.version, r.seq, r.item)
                                                     > ('', i.indicator, i.indicator_version, $1::bigint, $2::integer)
                                                 AND (r.only_in, r.indicator, r.version) <= ('', i.indicator, i.indicator_version)
                                               ORDER BY r.only_in, r.indicator, r.version, r.seq, r.item
                                               LIMIT $4::integer) AS r)
                        UNION ALL
                        (SELECT r.seq, r.item
                           FROM (SELECT DISTINCT m.contract, m.metric
                                   FROM mine AS c
                                  CROSS JOIN LATERAL (SELECT m.* FROM outcomes.contract_metric AS m
                                                       WHERE m.contract = c.contract OFFSET 0) AS m
                                  WHERE m.indicator IS NULL) AS i
                          CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                                               WHERE r.only_in = '' AND r.contract IS NOT NULL
                                                 AND (r.only_in, r.contract, r.metric, r.seq, r.item)
                                                     > ('', i.contract, i.metric, $1::bigint, $2::integer)
                                                 AND (r.only_in, r.contract, r.metric) <= ('', i.contract, i.metric)
                                               ORDER BY r.only_in, r.contract, r.metric, r.seq, r.item
                                               LIMIT $4::integer) AS r)) AS k
                 WHERE $7::text IS NULL OR outcomes.reads_contract($7::text, $9::text)
                 ORDER BY k.seq, k.item
                 LIMIT $4::integer) AS k
         CROSS JOIN LATERAL (SELECT r.* FROM outcomes.result AS r WHERE r.seq = k.seq AND r.item = k.item OFFSET 0) AS r
         CROSS JOIN LATERAL (SELECT ($5::text IS NULL OR coalesce(r.indicator = $5::text, false))
                                AND ($6::integer IS NULL OR coalesce(r.version = $6::integer, false))
                                AND ($8::text IS NULL OR r.author = $8::text)
                                AND ($7::text IS NULL OR coalesce(r.contract = $7::text, false)
                                     OR EXISTS (SELECT FROM outcomes.contract_metric AS m
                                                 WHERE m.contract = $7::text AND m.indicator = r.indicator
                                                   AND m.indicator_version = r.version))
                                AND outcomes.reads_result(r.only_in, r.author, r.seq, $9::text) AS fits OFFSET 0) AS f) AS l
 WHERE l.found - l.fits::integer < $3::integer
 ORDER BY l.seq, l.item;
