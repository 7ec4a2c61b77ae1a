-- Parties of contracts that were proposed, or that signed; -1: not signed.
INSERT INTO outcomes.party (contract, place, party, role, label, actor, kid, signed_seq, is_open)
SELECT u.contract, u.place::integer, u.party, u.role, u.label, u.actor, u.kid, nullif(u.signed_seq, -1),
       coalesce((SELECT c.open FROM outcomes.contract AS c WHERE c.id = u.contract), false)
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]) AS
       u(contract, place, party, role, label, actor, kid, signed_seq)
ON CONFLICT (contract, place) DO UPDATE SET signed_seq = excluded.signed_seq;
