-- Who joined classes of parties of these contracts.
SELECT a.contract, a.class, a.actor, a.kid, a.seq
  FROM outcomes.accession AS a
 WHERE a.contract = ANY ($1::text[]);
