-- Actors after id $1, at most $2, each as JSON with its cursor.
SELECT row_to_json(j)::text AS json, j.id AS cursor
  FROM (SELECT a.id, a.kind, a.name, a.is_operator AS operator, a.registered_by,
               CASE WHEN a.is_backbone THEN ARRAY['backbone'] ELSE '{}' END AS roles, a.seq
          FROM outcomes.actor AS a
         WHERE a.id > $1::text
         ORDER BY a.id
         LIMIT $2::integer) AS j;
