-- One entry, with its body if $2 (NULL: nobody in particular) may read it. The last column: it is withheld.
SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash,
       CASE WHEN e.may THEN b.nonce END, CASE WHEN e.may THEN b.jws END, CASE WHEN e.may THEN b.body END,
       b.seq IS NOT NULL AND NOT e.may
  FROM (SELECT a.*, ledger.reads(a.open, a.actor, a.seq, $2::text) AS may FROM ledger.entry AS a
         WHERE a.seq = $1::bigint
        OFFSET 0) AS e
  LEFT JOIN ledger.body AS b ON b.seq = e.seq
