-- A page of entries of one type ($2), of one actor too ($3, empty: all); otherwise as ledger_list. Files of their own, since one
-- plan for every filter would read the whole ledger for a rare type.
-- The last column is how many there are up to one more than asked for, so that the caller knows of a next page.
SELECT p.seq, p."time", p.actor, p.type, p.jti, p.open, p.prev, p.body_commitment, p.hash, p.nonce, p.jws, p.body, p.is_withheld, p.there
  FROM (SELECT e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment, e.hash,
               CASE WHEN e.may THEN b.nonce END AS nonce, CASE WHEN e.may THEN b.jws END AS jws,
               CASE WHEN e.may THEN b.body END AS body, b.seq IS NOT NULL AND NOT e.may AS is_withheld,
               count(*) OVER () AS there, row_number() OVER (ORDER BY e.seq) AS place,
               coalesce(sum(CASE WHEN e.may THEN octet_length(b.body) ELSE 0 END)
                        OVER (ORDER BY e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM (SELECT a.*, ledger.reads(a.open, a.actor, a.seq, $8::text) AS may FROM ledger.entry AS a
                 WHERE a.seq > $1::bigint
                   AND a.type = $2::text AND ($3::text = '' OR a.actor = $3::text)
                   AND ($4::timestamptz IS NULL OR a.seq >= (SELECT ledger.first_at($4::timestamptz)))
                   AND ($5::timestamptz IS NULL OR a.seq < (SELECT ledger.first_at($5::timestamptz)))
                 ORDER BY a.seq LIMIT $6::integer + 1) AS e
          LEFT JOIN ledger.body AS b ON b.seq = e.seq) AS p
 WHERE p.place <= $6::integer AND p.bytes_before < $7::bigint
 ORDER BY p.seq
