-- What entries that are not open concern.
INSERT INTO outcomes.concern (seq, contract)
SELECT u.seq, u.contract FROM unnest($1::bigint[], $2::text[]) AS u(seq, contract);
