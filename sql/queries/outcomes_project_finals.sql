-- Results that became final for a metric of a contract, or count there no more.
INSERT INTO outcomes.final (contract, metric, result_seq, item, key, seq, first_seq, began_seq, "time", is_none, replaced, version)
SELECT u.contract, u.metric, u.result_seq, u.item::integer, u.key, u.seq, u.first_seq, u.began_seq, u."time", u.is_none,
       nullif(u.replaced, ''), u.version::integer
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
       $9::timestamptz[], $10::boolean[], $11::text[], $12::bigint[])
       AS u(contract, metric, result_seq, item, key, seq, first_seq, began_seq, "time", is_none, replaced, version);
