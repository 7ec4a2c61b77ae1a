-- The verifications of the results of these versions of indicators: $1 and $2 are pairs.
SELECT v.result_seq, v.item, v.actor, v.seq, v."time"
  FROM unnest($1::text[], $2::bigint[]) AS m(indicator, version)
 CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                      WHERE r.indicator = m.indicator AND r.version = m.version
                     OFFSET 0) AS r
 CROSS JOIN LATERAL (SELECT v.* FROM outcomes.verification AS v
                      WHERE v.result_seq = r.seq AND v.item = r.item
                     OFFSET 0) AS v;
