-- What these contracts take of others.
SELECT f.contract, f.metric, f.key, f.version, f.standing, f.value, f.reason, f.was_known, f.has_closed
  FROM outcomes.figure AS f
 WHERE f.contract = ANY ($1::text[]);
