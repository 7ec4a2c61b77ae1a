-- Disputes after entry $1, at most $2, each as JSON with its cursor: of contract $3, or of the results of statement $4; one of
-- them is NULL. $5: who reads, NULL: nobody in particular. One row of each statement has its reason.
SELECT row_to_json(j)::text AS json, d.seq::text AS cursor
  FROM (SELECT d.*
          FROM ((SELECT d.* FROM outcomes.dispute AS d
                  WHERE d.reason <> '' AND (d.is_open, d.contract, d.seq) > (true, $3::text, $1::bigint)
                    AND (d.is_open, d.contract) <= (true, $3::text)
                  ORDER BY d.is_open, d.contract, d.seq
                  LIMIT $2::integer)
                UNION ALL
                (SELECT d.*
                   FROM (SELECT outcomes.party_since($3::text, $5::text) AS since OFFSET 0) AS c
                  CROSS JOIN LATERAL (SELECT d.* FROM outcomes.dispute AS d
                                       WHERE d.reason <> ''
                                         AND (d.is_open, d.contract, d.seq) > (false, $3::text, greatest($1::bigint, c.since - 1))
                                         AND (d.is_open, d.contract) <= (false, $3::text)
                                       ORDER BY d.is_open, d.contract, d.seq
                                       LIMIT $2::integer) AS d
                  WHERE c.since IS NOT NULL)
                UNION ALL
                (SELECT d.* FROM outcomes.dispute AS d
                  WHERE d.reason <> '' AND (d.result_seq, d.is_open, d.seq) > ($4::bigint, true, $1::bigint)
                    AND (d.result_seq, d.is_open) <= ($4::bigint, true)
                    AND EXISTS (SELECT FROM outcomes.result AS r
                                 WHERE r.seq = $4::bigint AND (r.only_in IS NULL OR r.author = $5::text OR (SELECT outcomes.reads($4::bigint, $5::text))))
                  ORDER BY d.result_seq, d.is_open, d.seq
                  LIMIT $2::integer)
                UNION ALL
                (SELECT d.*
                   FROM (SELECT p.contract, min(p.since) AS since FROM outcomes.reading_party AS p
                          WHERE p.actor = $5::text AND $3::text IS NULL -- all of whom read the result
                          GROUP BY p.contract) AS c
                  CROSS JOIN LATERAL (SELECT d.* FROM outcomes.dispute AS d
                                       WHERE d.contract = c.contract AND d.result_seq = $4::bigint AND NOT d.is_open
                                         AND d.reason <> '' AND d.seq > $1::bigint AND d.seq >= c.since
                                      OFFSET 0) AS d)) AS d
         ORDER BY d.seq
         LIMIT $2::integer) AS d
 CROSS JOIN LATERAL (SELECT d.actor, d.contract,
                            (SELECT count(*) FROM outcomes.decision AS e WHERE e.dispute_seq = d.seq) AS decided,
                            outcomes.instant(d.lapses) AS lapses, d.reason, d.result_seq,
                            (SELECT count(*) FROM outcomes.dispute AS i WHERE i.seq = d.seq) AS results, d.seq,
                            outcomes.instant(d."time") AS "time") AS j
 ORDER BY d.seq;
