-- Every entry from $1 up to and without $2, with the bodies that $3 (NULL: nobody in particular) may read. The last column: it is withheld.
-- OFFSET 0: that is asked once for each entry, and a body is looked up for each, so that a range costs what is in it.
SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash,
       CASE WHEN e.may THEN b.nonce END, CASE WHEN e.may THEN b.jws END, CASE WHEN e.may THEN b.body END,
       b.seq IS NOT NULL AND NOT e.may
  FROM (SELECT a.*, ledger.reads(a.open, a.actor, a.seq, $3::text) AS may FROM ledger.entry AS a
         WHERE a.seq >= $1::bigint AND a.seq < $2::bigint
         ORDER BY a.seq
        OFFSET 0) AS e
  LEFT JOIN LATERAL (SELECT b.* FROM ledger.body AS b WHERE b.seq = e.seq OFFSET 0) AS b ON true
 ORDER BY e.seq
