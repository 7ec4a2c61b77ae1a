-- Results that were verified.
INSERT INTO outcomes.verification (result_seq, item, actor, seq)
SELECT u.result_seq, u.item::integer, u.actor, u.seq
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) AS u(result_seq, item, actor, seq);
