-- One payment as JSON, as it stood after entry $2; no row when it was triggered later, or is not for $3 (NULL: nobody in
-- particular).
SELECT row_to_json(j)::text AS json
  FROM (SELECT p.amount, p.cause_seq, p.contract, p.currency, nullif(p.due_on, 'infinity') AS due,
               (SELECT encode(x.hash, 'hex') FROM outcomes.explanation AS x
                 WHERE x.payment_seq = p.seq AND x.body <> '' AND outcomes.reads_entry(p.itemised_seq, $3::text)) AS explanation,
               (SELECT row_to_json(w) FROM (SELECT p.from_actor AS actor, p.from_party AS party) AS w) AS "from",
               p.instances, p.itemised_seq, (p.amount::numeric - s.settled)::text AS outstanding, p.is_owed_back AS owed_back,
               p.rule, p.seq, s.settled::text AS settled,
               (SELECT row_to_json(w) FROM (SELECT p.to_actor AS actor, p.to_party AS party) AS w) AS "to",
               p.triggered_on AS triggered
          FROM outcomes.payment AS p
         CROSS JOIN LATERAL (SELECT CASE WHEN $2::bigint = 9223372036854775807 THEN p.settled::numeric
                                         ELSE (SELECT coalesce(sum(t.amount::numeric), p.amount::numeric * 0)
                                                 FROM outcomes.settlement AS t
                                                WHERE t.payment_seq = p.seq AND t.seq <= $2::bigint) END AS settled) AS s
         WHERE p.seq = $1::bigint AND p.seq <= $2::bigint AND outcomes.reads_entry(p.seq, $3::text)) AS j;
