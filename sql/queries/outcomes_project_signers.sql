-- Who signs amendments that were proposed, or signed; -1: not signed.
INSERT INTO outcomes.amendment_signer (contract, party, place, role, label, actor, kid, signed_seq, amendment_seq, is_leaving,
    is_open)
SELECT u.contract, u.party, u.place::integer, u.role, u.label, u.actor, u.kid, nullif(u.signed_seq, -1), u.amendment_seq,
       u.is_leaving, coalesce((SELECT c.open FROM outcomes.contract AS c WHERE c.id = u.contract), false)
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
       $10::boolean[])
       AS u(contract, party, place, role, label, actor, kid, signed_seq, amendment_seq, is_leaving)
ON CONFLICT (amendment_seq, place) DO UPDATE SET signed_seq = excluded.signed_seq;
