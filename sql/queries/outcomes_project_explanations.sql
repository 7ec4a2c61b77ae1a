-- How payments came to their amounts.
INSERT INTO outcomes.explanation (payment_seq, hash, body)
SELECT u.payment_seq, u.hash, u.body
  FROM unnest($1::bigint[], $2::bytea[], $3::text[]) AS u(payment_seq, hash, body);
