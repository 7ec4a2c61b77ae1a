-- Which of these statements are recorded, with what must be the same in one that is sent again.
SELECT i.place, e.seq, e.hash, e."time", e.type, b.jws, sha256(convert_to(b.body, 'UTF8'))
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (actor, jti, place)
  JOIN ledger.entry AS e ON e.actor = i.actor AND e.jti = i.jti AND e.jti <> ''
  LEFT JOIN ledger.body AS b ON b.seq = e.seq
