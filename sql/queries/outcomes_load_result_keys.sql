-- The newest result of each of these keys that has one. One probe of the index for each.
SELECT k.key, r.seq, r.item, r.is_withdrawal
  FROM unnest($1::text[]) AS k(key)
 CROSS JOIN LATERAL (SELECT r.seq, r.item, r.is_withdrawal FROM outcomes.result AS r
                      WHERE r.key = sha256(convert_to(k.key, 'UTF8'))
                      ORDER BY r.seq DESC
                      LIMIT 1) AS r;
