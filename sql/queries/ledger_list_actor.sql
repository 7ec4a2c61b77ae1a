-- A page of what one actor ($3) signed; otherwise as ledger_list. t: the types of what it signed, each by a step of the index; of each type a page.
-- The last column is how many there are up to one more than asked for, so that the caller knows of a next page.
WITH RECURSIVE t (type) AS (
    SELECT '' COLLATE "C"
    UNION ALL
    SELECT (SELECT a.type FROM ledger.entry AS a
             WHERE (a.actor, a.type) > ($3::text, t.type) AND a.actor <= $3::text
             ORDER BY a.actor, a.type, a.seq
             LIMIT 1)::text
      FROM t WHERE t.type IS NOT NULL
)
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
                 CROSS JOIN LATERAL (SELECT a.*
                                       FROM t
                                      CROSS JOIN LATERAL (SELECT a.* FROM ledger.entry AS a
                                                           WHERE $2::text = '' AND (a.actor, a.type, a.seq) > ($3::text, t.type, l.low)
                                                             AND (a.actor, a.type, a.seq) < ($3::text, t.type, l.high)
                                                           ORDER BY a.actor, a.type, a.seq
                                                           LIMIT $6::integer + 1) AS a
                                      WHERE t.type IS NOT NULL
                                      ORDER BY a.seq
                                      LIMIT $6::integer + 1) AS a
                 ORDER BY a.seq
                OFFSET 0) AS e
          LEFT JOIN LATERAL (SELECT b.* FROM ledger.body AS b WHERE b.seq = e.seq OFFSET 0) AS b ON true) AS p
 WHERE p.place <= $6::integer AND p.bytes_before < $7::bigint
 ORDER BY p.seq
