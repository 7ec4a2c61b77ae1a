-- Which of these results exist already. One probe of the index for each: a scalar subquery is never made a join.
SELECT k.key
  FROM unnest($1::text[]) AS k(key)
 WHERE (SELECT true FROM outcomes.result AS r WHERE r.key = sha256(convert_to(k.key, 'UTF8')));
