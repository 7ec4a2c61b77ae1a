-- One actor as JSON.
SELECT row_to_json(j)::text AS json
  FROM (SELECT a.id, a.kind, a.name, a.is_operator AS operator, a.registered_by,
               CASE WHEN a.is_backbone THEN ARRAY['backbone'] ELSE '{}' END AS roles, a.seq
          FROM outcomes.actor AS a
         WHERE a.id = $1::text) AS j;
