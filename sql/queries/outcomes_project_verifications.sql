-- Results that were verified.
INSERT INTO outcomes.verification (result_seq, item, actor, seq, "time")
SELECT u.result_seq, u.item::integer, u.actor, u.seq, u."time"
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[])
       AS u(result_seq, item, actor, seq, "time");
