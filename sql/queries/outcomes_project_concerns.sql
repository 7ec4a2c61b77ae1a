-- What entries that are not open concern.
INSERT INTO outcomes.concern (seq, contract, is_result)
SELECT u.seq, u.contract, EXISTS (SELECT FROM outcomes.result AS r WHERE r.seq = u.seq)
  FROM unnest($1::bigint[], $2::text[]) AS u(seq, contract);
