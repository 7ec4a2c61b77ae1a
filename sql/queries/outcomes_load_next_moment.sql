-- The earliest moment of any contract after $1; NULL when there is none.
SELECT min(c.next_moment) AS next_moment
  FROM outcomes.contract AS c
 WHERE c.next_moment > $1::timestamptz;
