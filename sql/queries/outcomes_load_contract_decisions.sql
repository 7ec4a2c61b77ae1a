-- What became of the disputes in these contracts.
SELECT d.dispute_seq, d.item, d.contract, d.result_seq, d.decision, d.is_lapsed, coalesce(d.value, '') AS value, d.seq
  FROM outcomes.decision AS d
 WHERE d.contract = ANY ($1::text[]);
