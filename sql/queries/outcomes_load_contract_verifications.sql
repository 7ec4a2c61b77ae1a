-- The verifications of the results that these contracts may be evaluated from.
SELECT v.result_seq, v.item, v.actor, v.seq
  FROM (SELECT DISTINCT m.indicator, m.indicator_version FROM outcomes.contract_metric AS m
         WHERE m.contract = ANY ($1::text[]) AND m.indicator IS NOT NULL) AS m
  JOIN outcomes.result AS r ON r.indicator = m.indicator AND r.version = m.indicator_version
  JOIN outcomes.verification AS v ON v.result_seq = r.seq AND v.item = r.item
UNION ALL
SELECT v.result_seq, v.item, v.actor, v.seq
  FROM outcomes.result AS r
  JOIN outcomes.verification AS v ON v.result_seq = r.seq AND v.item = r.item
 WHERE r.contract = ANY ($1::text[])
 ORDER BY 4;
