-- What texts that were proposed use.
INSERT INTO outcomes.contract_use (contract, text_seq, place, used, used_version, as_amended)
SELECT u.contract, u.text_seq, u.place::integer, u.used, u.used_version::integer, u.as_amended
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[])
       AS u(contract, text_seq, place, used, used_version, as_amended);
