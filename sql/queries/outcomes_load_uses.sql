-- What these contracts use, and what uses them.
SELECT u.contract, u.text_seq, u.place, u.used, u.used_version, u.as_amended
  FROM outcomes.contract_use AS u
 WHERE u.contract = ANY ($1::text[])
UNION
SELECT u.contract, u.text_seq, u.place, u.used, u.used_version, u.as_amended
  FROM outcomes.contract_use AS u
 WHERE u.used = ANY ($1::text[]);
