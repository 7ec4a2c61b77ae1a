-- The verifications of the results that these contracts may be evaluated from.
-- OFFSET 0 keeps each look-up a range of one index: as a join, all verifications might be gone through.
SELECT v.result_seq, v.item, v.actor, v.seq, v."time"
  FROM (SELECT r.seq, r.item
          FROM (SELECT DISTINCT m.indicator, m.indicator_version FROM outcomes.contract_metric AS m
                 WHERE m.contract = ANY ($1::text[]) AND m.indicator IS NOT NULL) AS m
         CROSS JOIN LATERAL (SELECT r.seq, r.item FROM outcomes.result AS r
                              WHERE r.indicator = m.indicator AND r.version = m.indicator_version
                             OFFSET 0) AS r
        UNION ALL
        SELECT r.seq, r.item
          FROM outcomes.result AS r
         WHERE r.contract = ANY ($1::text[])) AS r
 CROSS JOIN LATERAL (SELECT v.* FROM outcomes.verification AS v
                      WHERE v.result_seq = r.seq AND v.item = r.item
                     OFFSET 0) AS v;
