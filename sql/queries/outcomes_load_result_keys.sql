-- The newest result of each of these keys that has one: it follows all others, so it has the greatest prev_seq. One probe of the index
-- (key, prev_seq) for each; ordered by seq, the primary key might be read backwards instead, whole.
SELECT k.key, r.seq, r.item, r.is_withdrawal
  FROM unnest($1::text[]) AS k(key)
 CROSS JOIN LATERAL (SELECT r.seq, r.item, r.is_withdrawal FROM outcomes.result AS r
                      WHERE r.key = sha256(convert_to(k.key, 'UTF8'))
                      ORDER BY r.prev_seq DESC
                      LIMIT 1) AS r;
