-- Disputes that were decided, or lapsed.
INSERT INTO outcomes.decision (dispute_seq, item, contract, result_seq, decision, is_lapsed, value, seq)
SELECT u.dispute_seq, u.item::integer, u.contract, u.result_seq, u.decision, u.is_lapsed, nullif(u.value, ''), u.seq
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::text[], $8::bigint[])
       AS u(dispute_seq, item, contract, result_seq, decision, is_lapsed, value, seq);
