-- The text of one contract.
SELECT c.text
  FROM outcomes.contract AS c
 WHERE c.id = $1::text;
