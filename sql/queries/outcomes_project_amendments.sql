-- Amendments that were proposed, or that came into force; -1: not (yet).
INSERT INTO outcomes.amendment (contract, seq, version, title, text, manifest, proposed_by, version_hash, terms_hash, in_force_seq)
SELECT u.contract, u.seq, u.version::integer, u.title, u.text, u.manifest, u.proposed_by, u.version_hash, u.terms_hash,
       nullif(u.in_force_seq, -1)
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[],
       $10::bigint[])
       AS u(contract, seq, version, title, text, manifest, proposed_by, version_hash, terms_hash, in_force_seq)
ON CONFLICT (seq) DO UPDATE SET in_force_seq = excluded.in_force_seq;
