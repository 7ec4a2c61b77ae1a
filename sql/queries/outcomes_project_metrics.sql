-- Metrics of contracts that were proposed; no indicator: a figure.
INSERT INTO outcomes.contract_metric (contract, place, metric, indicator, indicator_version)
SELECT u.contract, u.place::integer, u.metric, nullif(u.indicator, ''), nullif(u.indicator_version, 0)::integer
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
       AS u(contract, place, metric, indicator, indicator_version);
