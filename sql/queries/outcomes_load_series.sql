-- The results of these versions of indicators: $1 and $2 are pairs.
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set,
       r.of_seq, coalesce(r.of_item, 0) AS of_item, coalesce(r.first_seq, r.seq) AS first_seq,
       coalesce(r.first_item, r.item) AS first_item, coalesce(r.first_time, r."time") AS first_time, r.is_withdrawal, r.prev_seq,
       coalesce(r.only_in, '') AS only_in, coalesce(r.only_in = '', false) AS is_erased
  FROM unnest($1::text[], $2::bigint[]) AS m(indicator, version)
 CROSS JOIN LATERAL (SELECT r.* FROM outcomes.result AS r
                      WHERE r.indicator = m.indicator AND r.version = m.version
                      ORDER BY r.seq, r.item
                     OFFSET 0) AS r;
