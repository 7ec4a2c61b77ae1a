-- The metrics of these contracts.
SELECT m.contract, m.metric, m.place, coalesce(m.indicator, '') AS indicator, coalesce(m.indicator_version, 0) AS indicator_version,
       m.text_seq
  FROM outcomes.contract_metric AS m
 WHERE m.contract = ANY ($1::text[])
 ORDER BY m.contract, m.text_seq, m.place;
