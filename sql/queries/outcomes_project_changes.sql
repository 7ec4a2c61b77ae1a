-- Results of which some follow another of their key, or are not open; what replaces an erased one is hidden like it; no indicator: a figure; of -1: the first of its chain.
INSERT INTO outcomes.result (seq, item, indicator, version, contract, metric, dimensions, value, author, "time",
    is_set, of_seq, of_item, first_seq, first_item, first_time, is_withdrawal, prev_seq, only_in, key)
SELECT u.seq, u.item::integer, nullif(u.indicator, ''), nullif(u.version, 0)::integer, nullif(u.contract, ''),
       nullif(u.metric, ''), u.dimensions, u.value, u.author, u."time", u.is_set,
       nullif(u.of_seq, -1), CASE WHEN u.of_seq >= 0 THEN u.of_item::integer END,
       CASE WHEN u.of_seq >= 0 THEN u.first_seq END, CASE WHEN u.of_seq >= 0 THEN u.first_item::integer END,
       CASE WHEN u.of_seq >= 0 THEN u.first_time END, u.is_withdrawal, u.prev_seq,
       coalesce(nullif(u.only_in, ''), (SELECT o.only_in FROM outcomes.result AS o
                                         WHERE o.seq = u.of_seq AND o.item = u.of_item AND o.only_in = '')),
       outcomes.result_key(nullif(u.indicator, ''), u.version::integer, u.contract, u.metric, u.dimensions, u.author)
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::timestamptz[], $11::boolean[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
       $16::timestamptz[], $17::boolean[], $18::bigint[], $19::text[])
       AS u(seq, item, indicator, version, contract, metric, dimensions, value, author, "time", is_set, of_seq, of_item,
            first_seq, first_item, first_time, is_withdrawal, prev_seq, only_in);
