-- All versions of one indicator as a list in JSON; no row when there is none.
SELECT '{"items":[' || string_agg(row_to_json(j)::text, ',' ORDER BY j.version) || '],"next":null}' AS json
  FROM (SELECT i.defined_by, i.definition, CASE WHEN i.lower_is_better THEN 'lower' ELSE 'higher' END AS direction,
               encode(i.entry, 'hex') AS entry, i.slug AS id, i.kind, i.name, i.seq, i.unit, i.version
          FROM outcomes.indicator AS i
         WHERE i.slug = $1::text) AS j
HAVING count(*) > 0;
