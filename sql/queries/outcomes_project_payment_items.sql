-- The instances of payments, in the order given.
INSERT INTO outcomes.payment_item (payment_seq, key, difference, stands, place)
SELECT u.payment_seq, u.key, u.difference, u.stands,
       row_number() OVER (PARTITION BY u.payment_seq ORDER BY u.ordinality) - 1
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
       AS u(payment_seq, key, difference, stands, ordinality);
