-- The metrics that measure these versions of indicators: $1 and $2 are pairs.
SELECT m.contract, m.metric, m.place, coalesce(m.indicator, '') AS indicator, coalesce(m.indicator_version, 0) AS indicator_version,
       m.text_seq
  FROM unnest($1::text[], $2::bigint[]) AS u(indicator, version)
 CROSS JOIN LATERAL (SELECT m.* FROM outcomes.contract_metric AS m
                      WHERE m.indicator = u.indicator AND m.indicator_version = u.version
                     OFFSET 0) AS m;
