-- The texts that amend these contracts, in force or not.
SELECT a.contract, a.seq, a.version, a.title, a.text, a.manifest, a.proposed_by, a.version_hash, a.terms_hash, a.in_force_seq
  FROM outcomes.amendment AS a
 WHERE a.contract = ANY ($1::text[])
 ORDER BY a.contract, a.seq;
