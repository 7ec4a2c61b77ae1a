-- The contracts with these ids.
SELECT c.id, c.slug, c.title, c.text, c.proposed_by, c.version, c.version_hash, c.terms_hash, c.manifest, c.open, c.seq,
       c.activated_seq, c.state, c.next_moment, c.next_first, c.is_full
  FROM outcomes.contract AS c
 WHERE c.id = ANY ($1::text[]);
