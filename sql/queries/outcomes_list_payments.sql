-- Payments after number $1, at most $2, as they stood after entry $3, each as JSON with its cursor. Filters, NULL for none:
-- contract $4, and $5 who pays or is paid: an actor, or with a contract a party. $6: who reads, NULL: nobody in
-- particular. Each branch has an index that gives its order;
-- the filters decide which of them runs.
SELECT row_to_json(j)::text AS json, j.seq::text AS cursor
  FROM (SELECT p.amount, p.cause_seq, p.contract, p.currency, nullif(p.due_on, 'infinity') AS due,
               (SELECT encode(x.hash, 'hex') FROM outcomes.explanation AS x
                 WHERE x.payment_seq = p.seq AND x.body <> '' AND outcomes.reads_entry(p.itemised_seq, $6::text)) AS explanation,
               (SELECT row_to_json(w) FROM (SELECT p.from_actor AS actor, p.from_party AS party) AS w) AS "from",
               p.instances, p.itemised_seq, (p.amount::numeric - s.settled)::text AS outstanding, p.is_owed_back AS owed_back,
               p.rule, p.seq, s.settled::text AS settled,
               (SELECT row_to_json(w) FROM (SELECT p.to_actor AS actor, p.to_party AS party) AS w) AS "to",
               p.triggered_on AS triggered
          FROM ((SELECT p.* FROM outcomes.payment AS p
                 WHERE $4::text IS NULL AND $5::text IS NULL
                   AND p.seq > $1::bigint AND p.seq <= $3::bigint AND outcomes.reads_entry(p.seq, $6::text)
                 ORDER BY p.seq
                 LIMIT $2::integer)
                UNION ALL
                (SELECT p.* FROM outcomes.payment AS p
                 WHERE p.contract = $4::text
                   AND ($5::text IS NULL OR $5::text IN (p.from_actor, p.to_actor, p.from_party, p.to_party))
                   AND p.seq > $1::bigint AND p.seq <= $3::bigint AND outcomes.reads_entry(p.seq, $6::text)
                 ORDER BY p.seq
                 LIMIT $2::integer)
                UNION ALL
                (SELECT p.* FROM outcomes.payment AS p
                 WHERE $4::text IS NULL AND p.from_actor = $5::text
                   AND p.seq > $1::bigint AND p.seq <= $3::bigint AND outcomes.reads_entry(p.seq, $6::text)
                 ORDER BY p.seq
                 LIMIT $2::integer)
                UNION ALL
                (SELECT p.* FROM outcomes.payment AS p
                 WHERE $4::text IS NULL AND p.to_actor = $5::text AND p.from_actor <> $5::text
                   AND p.seq > $1::bigint AND p.seq <= $3::bigint AND outcomes.reads_entry(p.seq, $6::text)
                 ORDER BY p.seq
                 LIMIT $2::integer)) AS p
         CROSS JOIN LATERAL (SELECT CASE WHEN $3::bigint = 9223372036854775807 THEN p.settled::numeric
                                         ELSE (SELECT coalesce(sum(t.amount::numeric), p.amount::numeric * 0)
                                                 FROM outcomes.settlement AS t
                                                WHERE t.payment_seq = p.seq AND t.seq <= $3::bigint) END AS settled) AS s
         ORDER BY p.seq
         LIMIT $2::integer) AS j;
