-- Indicators after (slug, version) = ($1, $2), at most $3, each version as JSON with its cursor.
SELECT row_to_json(j)::text AS json, j.id || '.' || j.version AS cursor
  FROM (SELECT i.defined_by, i.definition, CASE WHEN i.lower_is_better THEN 'lower' ELSE 'higher' END AS direction,
               encode(i.entry, 'hex') AS entry, i.slug AS id, i.kind, i.name, i.seq, i.unit, i.version
          FROM outcomes.indicator AS i
         WHERE (i.slug, i.version) > ($1::text, $2::integer)
         ORDER BY i.slug, i.version
         LIMIT $3::integer) AS j;
