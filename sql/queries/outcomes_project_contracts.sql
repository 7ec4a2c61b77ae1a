-- Contracts that were proposed, or whose state, next moment, order of first amounts or room for people moved on; -1: not (yet). A contract closes once.
INSERT INTO outcomes.contract (id, slug, title, text, proposed_by, version, version_hash, terms_hash, manifest, open,
    seq, activated_seq, closed_seq, state, next_moment, next_first, is_full)
SELECT u.id, u.slug, u.title, u.text, u.proposed_by, u.version::integer, u.version_hash, u.terms_hash, u.manifest,
       u.open, u.seq, nullif(u.activated_seq, -1), nullif(u.closed_seq, -1), u.state,
       CASE WHEN u.has_moment THEN u.next_moment END, u.next_first, u.is_full
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bytea[], $8::bytea[],
       $9::text[], $10::boolean[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::boolean[],
       $16::timestamptz[], $17::bigint[], $18::boolean[])
       AS u(id, slug, title, text, proposed_by, version, version_hash, terms_hash, manifest, open, seq, activated_seq,
            closed_seq, state, has_moment, next_moment, next_first, is_full)
ON CONFLICT (id) DO UPDATE
   SET activated_seq = excluded.activated_seq, closed_seq = coalesce(contract.closed_seq, excluded.closed_seq),
       state = excluded.state, next_moment = excluded.next_moment, next_first = excluded.next_first,
       is_full = excluded.is_full;
