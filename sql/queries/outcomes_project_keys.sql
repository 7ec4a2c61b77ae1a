-- Keys that were added or revoked; -1: not revoked.
INSERT INTO outcomes.actor_key (kid, actor, x, added_seq, revoked_seq)
SELECT u.kid, u.actor, u.x, u.added_seq, nullif(u.revoked_seq, -1)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
       AS u(kid, actor, x, added_seq, revoked_seq)
ON CONFLICT (kid) DO UPDATE SET revoked_seq = excluded.revoked_seq;
