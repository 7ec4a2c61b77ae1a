-- A page of entries: $1 after, $2 and $3 unused here, $4 from, $5 to (null: open), $6 how many, $7 bytes of bodies, $8 who reads (NULL: nobody in
-- particular), and so whose bodies are not withheld.
-- l: between which numbers, so that a page begins at the first that is meant and goes on to no other behind the last.
-- The last column is how many there are up to one more than asked for, so that the caller knows of a next page.
SELECT p.seq, p."time", p.actor, p.type, p.jti, p.open, p.prev, p.body_commitment, p.hash, p.nonce, p.jws, p.body, p.is_withheld, p.there
  FROM (SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash,
               CASE WHEN e.may THEN b.nonce END AS nonce, CASE WHEN e.may THEN b.jws END AS jws,
               CASE WHEN e.may THEN b.body END AS body, b.seq IS NOT NULL AND NOT e.may AS is_withheld,
               count(*) OVER () AS there, row_number() OVER (ORDER BY e.seq) AS place,
               coalesce(sum(CASE WHEN e.may THEN octet_length(b.body) ELSE 0 END)
                        OVER (ORDER BY e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM (SELECT a.*, ledger.reads(a.open, a.actor, a.seq, $8::text) AS may
                  FROM (SELECT greatest($1::bigint, CASE WHEN $4::timestamptz IS NOT NULL THEN ledger.first_at($4::timestamptz) - 1 END) AS low,
                               coalesce(CASE WHEN $5::timestamptz IS NOT NULL THEN ledger.first_at($5::timestamptz) END, 9007199254740992) AS high
                        OFFSET 0) AS l
                 CROSS JOIN LATERAL (SELECT a.* FROM ledger.entry AS a
                                      WHERE a.seq > l.low AND a.seq < l.high AND $2::text = '' AND $3::text = ''
                                      ORDER BY a.seq
                                      LIMIT $6::integer + 1) AS a
                 ORDER BY a.seq
                OFFSET 0) AS e
          LEFT JOIN LATERAL (SELECT b.* FROM ledger.body AS b WHERE b.seq = e.seq OFFSET 0) AS b ON true) AS p
 WHERE p.place <= $6::integer AND p.bytes_before < $7::bigint
 ORDER BY p.seq
