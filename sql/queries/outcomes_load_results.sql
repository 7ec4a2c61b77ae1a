-- The results of these statements, and those that restate or withdraw any of them.
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set,
       r.of_seq, coalesce(r.of_item, 0) AS of_item, coalesce(r.first_seq, r.seq) AS first_seq,
       coalesce(r.first_item, r.item) AS first_item, coalesce(r.first_time, r."time") AS first_time, r.is_withdrawal, r.prev_seq,
       coalesce(r.only_in, '') AS only_in, coalesce(r.only_in = '', false) AS is_erased
  FROM outcomes.result AS r
 WHERE r.seq = ANY ($1::bigint[])
UNION
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set,
       r.of_seq, coalesce(r.of_item, 0) AS of_item, coalesce(r.first_seq, r.seq) AS first_seq,
       coalesce(r.first_item, r.item) AS first_item, coalesce(r.first_time, r."time") AS first_time, r.is_withdrawal, r.prev_seq,
       coalesce(r.only_in, '') AS only_in, coalesce(r.only_in = '', false) AS is_erased
  FROM outcomes.result AS r
 WHERE r.of_seq = ANY ($1::bigint[])
 ORDER BY seq, item;
