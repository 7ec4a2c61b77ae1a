-- Settlements that were recorded.
INSERT INTO outcomes.settlement (seq, payment_seq, amount, reference, recorded_by, paid_on)
SELECT u.seq, u.payment_seq, u.amount, u.reference, u.recorded_by, u.paid_on
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::date[])
       AS u(seq, payment_seq, amount, reference, recorded_by, paid_on);
