-- Indicators that were defined.
INSERT INTO outcomes.indicator (slug, version, seq, entry, name, definition, unit, kind, lower_is_better, defined_by)
SELECT u.slug, u.version::integer, u.seq, u.entry, u.name, u.definition, u.unit, u.kind, u.lower_is_better,
       u.defined_by
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::boolean[], $10::text[])
       AS u(slug, version, seq, entry, name, definition, unit, kind, lower_is_better, defined_by);
