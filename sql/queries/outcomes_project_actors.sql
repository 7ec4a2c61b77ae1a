-- Actors that were registered.
INSERT INTO outcomes.actor (id, kind, name, is_operator, is_backbone, registered_by, seq)
SELECT u.id, u.kind, u.name, u.is_operator, u.is_backbone, nullif(u.registered_by, ''), u.seq
  FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::text[], $7::bigint[])
       AS u(id, kind, name, is_operator, is_backbone, registered_by, seq);
