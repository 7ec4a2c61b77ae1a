-- Payments that were triggered, or settled in part.
INSERT INTO outcomes.payment (seq, itemised_seq, cause_seq, contract, rule, from_party, to_party, from_actor,
    to_actor, currency, amount, is_owed_back, instances, triggered_on, due_on, settled, is_open)
SELECT u.seq, u.itemised_seq, u.cause_seq, u.contract, u.rule, u.from_party, u.to_party, u.from_actor, u.to_actor,
       u.currency, u.amount, u.is_owed_back, u.instances, u.triggered_on, u.due_on, u.settled,
       NOT EXISTS (SELECT FROM outcomes.concern AS c WHERE c.seq = u.seq)
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::boolean[], $13::bigint[], $14::date[], $15::date[], $16::text[]) AS
       u(seq, itemised_seq, cause_seq, contract, rule, from_party, to_party, from_actor, to_actor, currency, amount,
       is_owed_back, instances, triggered_on, due_on, settled)
ON CONFLICT (seq) DO UPDATE SET settled = excluded.settled;
