-- Results that are the first of their keys, as nearly all are; no indicator: a figure.
INSERT INTO outcomes.result (seq, item, indicator, version, contract, metric, dimensions, value, author, "time",
    is_set, key)
SELECT u.seq, u.item::integer, nullif(u.indicator, ''), nullif(u.version, 0)::integer, nullif(u.contract, ''),
       nullif(u.metric, ''), u.dimensions, u.value, u.author, u."time", u.is_set,
       outcomes.result_key(nullif(u.indicator, ''), u.version::integer, u.contract, u.metric, u.dimensions, u.author)
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::timestamptz[], $11::boolean[])
       AS u(seq, item, indicator, version, contract, metric, dimensions, value, author, "time", is_set);
