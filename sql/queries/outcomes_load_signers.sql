-- Who signs the amendments of these contracts.
SELECT s.contract, s.party, s.place, s.role, s.label, s.actor, s.kid, s.signed_seq, s.amendment_seq, s.is_leaving
  FROM outcomes.amendment_signer AS s
 WHERE s.contract = ANY ($1::text[])
 ORDER BY s.contract, s.amendment_seq, s.place;
