-- The results that are final for the metrics of these contracts, in the order in which they became so.
SELECT f.contract, f.metric, f.key, f.result_seq, f.item, f.seq, f.first_seq, f.began_seq, f."time", f.is_none,
       coalesce(f.replaced, '') AS replaced, f.version
  FROM outcomes.final AS f
 WHERE f.contract = ANY ($1::text[])
 ORDER BY f.seq, f.result_seq, f.item;
