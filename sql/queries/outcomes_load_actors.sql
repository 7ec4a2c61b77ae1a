-- The actors with these ids.
SELECT a.id, a.kind, a.name, a.is_operator, a.is_backbone, coalesce(a.registered_by, '') AS registered_by, a.seq
  FROM outcomes.actor AS a
 WHERE a.id = ANY ($1::text[]);
