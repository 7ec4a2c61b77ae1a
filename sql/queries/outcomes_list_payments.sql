-- Payments after number $1, at most $2, each as JSON with its cursor, as they stood after entry $4. At most $3 are looked at; one that does not fit the
-- filters has no JSON. Filters, NULL for none: contract $5, and $6 who pays or is paid: an actor, or with a contract a party. $7: who reads, NULL: nobody in
-- particular. What is open, what the reader pays or is paid, and the payments of each contract have indexes that give their order; what else is not
-- open comes from the reader's contracts.
WITH mine AS MATERIALIZED (
    SELECT p.contract, min(p.since) AS since
      FROM outcomes.reading_party AS p
     CROSS JOIN LATERAL (SELECT FROM outcomes.contract AS c WHERE c.id = p.contract AND NOT c.open OFFSET 0) AS c
     WHERE p.actor = $7::text AND $5::text IS NULL AND $6::text IS DISTINCT FROM $7::text
     GROUP BY p.contract
)
SELECT CASE WHEN l.fits THEN (SELECT row_to_json(j)::text FROM
           (SELECT l.amount, l.cause_seq, l.contract, l.currency, nullif(l.due_on, 'infinity') AS due,
                   (SELECT encode(x.hash, 'hex') FROM outcomes.explanation AS x
                     WHERE x.payment_seq = l.seq AND x.body <> '' AND outcomes.reads_entry(l.itemised_seq, $7::text))
                   AS explanation,
                   (SELECT row_to_json(w) FROM (SELECT l.from_actor AS actor, l.from_party AS party) AS w) AS "from",
                   l.instances, l.itemised_seq, (l.amount::numeric - s.settled)::text AS outstanding,
                   l.is_owed_back AS owed_back, l.rule, l.seq, s.settled::text AS settled,
                   (SELECT row_to_json(w) FROM (SELECT l.to_actor AS actor, l.to_party AS party) AS w) AS "to",
                   l.triggered_on AS triggered
              FROM (SELECT CASE WHEN $4::bigint = 9223372036854775807 THEN l.settled::numeric
                                ELSE (SELECT coalesce(sum(t.amount::numeric), l.amount::numeric * 0)
                                        FROM outcomes.settlement AS t
                                       WHERE t.payment_seq = l.seq AND t.seq <= $4::bigint) END AS settled) AS s)
           AS j) END AS json,
       l.seq::text AS cursor
  FROM (SELECT p.*, f.fits, count(*) FILTER (WHERE f.fits) OVER (ORDER BY p.seq) AS found
          FROM (SELECT DISTINCT k.seq
                  FROM ((SELECT p.seq FROM outcomes.payment AS p
                          WHERE $5::text IS NULL AND $6::text IS NULL
                            AND (p.is_open, p.seq) > (true, $1::bigint) AND (p.is_open, p.seq) <= (true, $4::bigint)
                          ORDER BY p.is_open, p.seq
                          LIMIT $3::integer)
                        UNION ALL
                        (SELECT p.seq
                           FROM (SELECT outcomes.reads_since($5::text, $7::text) AS since OFFSET 0) AS c
                          CROSS JOIN LATERAL (SELECT p.seq FROM outcomes.payment AS p
                                               WHERE (p.contract, p.seq) > ($5::text, greatest($1::bigint, c.since - 1))
                                                 AND (p.contract, p.seq) <= ($5::text, $4::bigint)
                                               ORDER BY p.contract, p.seq
                                               LIMIT $3::integer) AS p
                          WHERE c.since IS NOT NULL)
                        UNION ALL
                        (SELECT p.seq
                           FROM (SELECT true AS is_open UNION ALL SELECT false WHERE $6::text = $7::text) AS o
                          CROSS JOIN LATERAL (SELECT p.seq FROM outcomes.payment AS p
                                               WHERE (p.from_actor, p.is_open, p.seq) > ($6::text, o.is_open, $1::bigint)
                                                 AND (p.from_actor, p.is_open, p.seq) <= ($6::text, o.is_open, $4::bigint)
                                               ORDER BY p.from_actor, p.is_open, p.seq
                                               LIMIT $3::integer) AS p
                          WHERE $5::text IS NULL)
                        UNION ALL
                        (SELECT p.seq
                           FROM (SELECT true AS is_open UNION ALL SELECT false WHERE $6::text = $7::text) AS o
                          CROSS JOIN LATERAL (SELECT p.seq FROM outcomes.payment AS p
                                               WHERE (p.to_actor, p.is_open, p.seq) > ($6::text, o.is_open, $1::bigint)
                                                 AND (p.to_actor, p.is_open, p.seq) <= ($6::text, o.is_open, $4::bigint)
                                               ORDER BY p.to_actor, p.is_open, p.seq
                                               LIMIT $3::integer) AS p
                          WHERE $5::text IS NULL)
                        UNION ALL
                        (SELECT p.seq
                           FROM mine AS c
                          CROSS JOIN LATERAL (SELECT p.seq FROM outcomes.payment AS p
                                               WHERE (p.contract, p.seq) > (c.contract, greatest($1::bigint, c.since - 1))
                                                 AND (p.contract, p.seq) <= (c.contract, $4::bigint)
                                               ORDER BY p.contract, p.seq
                                               LIMIT $3::integer) AS p)) AS k
                 ORDER BY k.seq
                 LIMIT $3::integer) AS k
         CROSS JOIN LATERAL (SELECT p.* FROM outcomes.payment AS p WHERE p.seq = k.seq OFFSET 0) AS p
         CROSS JOIN LATERAL (SELECT ($6::text IS NULL OR $6::text IN (p.from_actor, p.to_actor)
                                     OR $5::text IS NOT NULL AND $6::text IN (p.from_party, p.to_party))
                                AND (p.is_open OR outcomes.reads(p.seq, $7::text)) AS fits OFFSET 0) AS f) AS l
 WHERE l.found - l.fits::integer < $2::integer
 ORDER BY l.seq;
