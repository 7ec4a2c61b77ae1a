-- Metrics of texts that were proposed; no indicator: a figure.
INSERT INTO outcomes.contract_metric (contract, place, metric, indicator, indicator_version, text_seq, is_open)
SELECT u.contract, u.place::integer, u.metric, nullif(u.indicator, ''), nullif(u.indicator_version, 0)::integer, u.text_seq,
       coalesce((SELECT c.open FROM outcomes.contract AS c WHERE c.id = u.contract), false)
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       AS u(contract, place, metric, indicator, indicator_version, text_seq);
