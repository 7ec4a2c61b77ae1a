-- Results that were disputed; has_lapses false: no moment.
INSERT INTO outcomes.dispute (seq, item, contract, result_seq, actor, reason, "time", lapses, is_open)
SELECT u.seq, u.item::integer, u.contract, u.result_seq, u.actor, u.reason, u."time", CASE WHEN u.has_lapses THEN u.lapses END,
       NOT EXISTS (SELECT FROM outcomes.concern AS c WHERE c.seq = u.seq)
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::boolean[],
       $9::timestamptz[])
       AS u(seq, item, contract, result_seq, actor, reason, "time", has_lapses, lapses);
