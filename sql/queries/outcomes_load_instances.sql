-- What is recorded about the instances of these contracts.
SELECT i.contract, i.rule, i.key, i.stands, i.first, i.day
  FROM outcomes.instance AS i
 WHERE i.contract = ANY ($1::text[]);
