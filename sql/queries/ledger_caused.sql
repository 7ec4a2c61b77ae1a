-- The service's own entries that each of these statements caused: those behind it, up to the next statement or moment.
SELECT i.seq, e.seq, e.type, coalesce(b.body, 'null'), e.open
  FROM unnest($1::bigint[]) AS i (seq)
 CROSS JOIN LATERAL (SELECT coalesce((SELECT n.seq FROM ledger.entry AS n
                                       WHERE n.seq > i.seq AND (n.jti <> '' OR n.type = 'moment.reached')
                                       ORDER BY n.seq LIMIT 1)::bigint, 9007199254740992) AS seq) AS next
  JOIN ledger.entry AS e ON e.seq > i.seq AND e.seq < next.seq
  LEFT JOIN LATERAL (SELECT b.* FROM ledger.body AS b WHERE b.seq = e.seq OFFSET 0) AS b ON true
 ORDER BY i.seq, e.seq
