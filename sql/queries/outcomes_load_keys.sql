-- The keys with these kids, and whose they are.
SELECT k.kid, k.actor, k.x, k.added_seq, k.revoked_seq,
       a.id, a.kind, a.name, a.is_operator, a.is_backbone, coalesce(a.registered_by, '') AS registered_by, a.seq
  FROM outcomes.actor_key AS k JOIN outcomes.actor AS a ON a.id = k.actor
 WHERE k.kid = ANY ($1::text[]);
