-- What was settled of the payments of these contracts.
SELECT s.seq, s.payment_seq, s.amount, s.reference, s.recorded_by, s.paid_on, p.contract, p.rule, p.is_owed_back
  FROM outcomes.payment AS p
 CROSS JOIN LATERAL (SELECT s.* FROM outcomes.settlement AS s WHERE s.payment_seq = p.seq OFFSET 0) AS s
 WHERE p.contract = ANY ($1::text[]);
