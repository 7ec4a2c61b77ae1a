-- The results of these statements.
SELECT r.seq, r.item, coalesce(r.indicator, '') AS indicator, coalesce(r.version, 0) AS version,
       coalesce(r.contract, '') AS contract, coalesce(r.metric, '') AS metric, r.dimensions, r.value, r.author, r."time", r.is_set
  FROM outcomes.result AS r
 WHERE r.seq = ANY ($1::bigint[])
 ORDER BY r.seq, r.item;
