-- May $2 (NULL: nobody in particular) know how payment $1 came to its amount? Who may know what it consists of, unless its contract uses a
-- result that is not open: then its parties alone. What it consists of may have been erased.
SELECT true
  FROM outcomes.payment AS p
 WHERE p.seq = $1::bigint AND outcomes.reads_entry(p.itemised_seq, $2::text)
   AND NOT EXISTS (SELECT FROM outcomes.erasure AS x WHERE x.entry >= p.itemised_seq AND x.entry < p.seq)
   AND (outcomes.is_party(p.contract, $2::text)
        OR NOT EXISTS (SELECT FROM outcomes.concern AS n JOIN outcomes.result AS r ON r.seq = n.seq
                        WHERE n.contract = p.contract));
