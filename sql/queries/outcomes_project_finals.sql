-- Results that became final for a metric of a contract.
INSERT INTO outcomes.final (contract, metric, result_seq, item, key, seq)
SELECT u.contract, u.metric, u.result_seq, u.item::integer, u.key, u.seq
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
       AS u(contract, metric, result_seq, item, key, seq);
