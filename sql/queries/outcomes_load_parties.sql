-- The parties of these contracts.
SELECT p.contract, p.party, p.place, p.role, p.label, p.actor, p.kid, p.signed_seq
  FROM outcomes.party AS p
 WHERE p.contract = ANY ($1::text[])
 ORDER BY p.contract, p.place;
