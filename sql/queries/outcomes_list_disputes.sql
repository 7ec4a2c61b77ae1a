-- Disputes after entry $1, at most $2, each as JSON with its cursor: of contract $3, or of the results of statement $4; one of
-- them is NULL. $5: who reads, NULL: nobody in particular.
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT d.actor, d.contract,
               (SELECT count(*) FROM outcomes.decision AS e WHERE e.dispute_seq = d.seq) AS decided,
               outcomes.instant(d.lapses) AS lapses, max(d.reason) AS reason, d.result_seq, count(*) AS results, d.seq,
               outcomes.instant(d."time") AS "time"
          FROM ((SELECT d.* FROM outcomes.dispute AS d
                  WHERE $4::bigint IS NULL AND d.contract = $3::text AND d.seq > $1::bigint
                    AND outcomes.reads_entry(d.seq, $5::text))
                UNION ALL
                (SELECT d.* FROM outcomes.dispute AS d
                  WHERE $3::text IS NULL AND d.result_seq = $4::bigint AND d.seq > $1::bigint
                    AND outcomes.reads_entry(d.seq, $5::text))) AS d
         GROUP BY d.actor, d.contract, d.lapses, d.result_seq, d.seq, d."time"
         ORDER BY d.seq
         LIMIT $2::integer) AS j;
