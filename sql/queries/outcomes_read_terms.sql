-- The text of one contract, if $2 (NULL: nobody in particular) may read it.
SELECT c.text
  FROM outcomes.contract AS c
 WHERE c.id = $1::text AND (c.open OR outcomes.reads(c.seq, $2::text));
