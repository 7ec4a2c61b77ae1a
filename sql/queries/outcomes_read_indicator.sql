-- All versions of one indicator, each as JSON.
SELECT row_to_json(j)::text AS json, NULL AS cursor
  FROM (SELECT i.defined_by, i.definition, CASE WHEN i.lower_is_better THEN 'lower' ELSE 'higher' END AS direction,
               encode(i.entry, 'hex') AS entry, i.slug AS id, i.kind, i.name, i.seq, i.unit, i.version
          FROM outcomes.indicator AS i
         WHERE i.slug = $1::text
         ORDER BY i.version) AS j;
