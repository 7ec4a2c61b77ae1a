-- The payments with these numbers.
SELECT p.seq, p.itemised_seq, p.cause_seq, p.contract, p.rule, p.from_party, p.to_party, p.from_actor, p.to_actor, p.currency,
       p.amount, p.is_owed_back, p.instances, p.triggered_on, p.due_on, p.settled
  FROM outcomes.payment AS p
 WHERE p.seq = ANY ($1::bigint[]);
