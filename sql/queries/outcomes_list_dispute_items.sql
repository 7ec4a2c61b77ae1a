-- Results that dispute $3 names, after item $1, at most $2, each as JSON with its cursor: what became of it.
SELECT row_to_json(j)::text AS json, j.item::text AS cursor
  FROM (SELECT e.seq AS decided_seq, e.decision, d.item, e.is_lapsed AS lapsed, e.value
          FROM outcomes.dispute AS d
          LEFT JOIN LATERAL (SELECT e.seq, e.decision, e.is_lapsed, e.value FROM outcomes.decision AS e
                              WHERE e.dispute_seq = d.seq AND e.item = d.item OFFSET 0) AS e ON true
         WHERE d.seq = $3::bigint AND d.item > $1::integer
         ORDER BY d.seq, d.item
         LIMIT $2::integer) AS j;
