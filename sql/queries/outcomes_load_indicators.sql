-- All versions of these indicators.
SELECT i.slug, i.version, i.seq, i.entry, i.name, i.definition, i.unit, i.kind, i.lower_is_better, i.defined_by
  FROM outcomes.indicator AS i
 WHERE i.slug = ANY ($1::text[])
 ORDER BY i.slug, i.version;
