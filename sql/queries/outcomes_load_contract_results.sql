-- The results that these contracts may be evaluated from: of the indicators of their metrics, and their figures.
-- OFFSET 0 keeps each look-up a range of one index: as a join, all results might be gone through.
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set,
       r.of_seq, coalesce(r.of_item, 0) AS of_item, coalesce(r.first_seq, r.seq) AS first_seq,
       coalesce(r.first_item, r.item) AS first_item, coalesce(r.first_time, r."time") AS first_time, r.is_withdrawal, r.prev_seq,
       coalesce(r.only_in, '') AS only_in, coalesce(r.only_in = '', false) AS is_erased
  FROM (SELECT DISTINCT m.indicator, m.indicator_version FROM outcomes.contract_metric AS m
         WHERE m.contract = ANY ($1::text[]) AND m.indicator IS NOT NULL) AS m
 CROSS JOIN LATERAL (SELECT r.* FROM outcomes.result AS r
                      WHERE r.indicator = m.indicator AND r.version = m.indicator_version
                      ORDER BY r.seq, r.item
                     OFFSET 0) AS r
UNION ALL
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set,
       r.of_seq, coalesce(r.of_item, 0) AS of_item, coalesce(r.first_seq, r.seq) AS first_seq,
       coalesce(r.first_item, r.item) AS first_item, coalesce(r.first_time, r."time") AS first_time, r.is_withdrawal, r.prev_seq,
       coalesce(r.only_in, '') AS only_in, coalesce(r.only_in = '', false) AS is_erased
  FROM outcomes.result AS r
 WHERE r.contract = ANY ($1::text[]);
