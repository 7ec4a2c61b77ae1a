-- May $2 (NULL: nobody in particular) know how payment $1 came to its amount? Who may know what it consists of, unless its contract, or one
-- that it uses, has used a result that is not open, or was erased since: then the contract's parties, and those who are parties of whichever
-- has used such a result. What it consists of may have been erased.
WITH RECURSIVE source AS (
    SELECT p.contract AS id FROM outcomes.payment AS p WHERE p.seq = $1::bigint
    UNION
    SELECT u.used FROM source AS s JOIN outcomes.contract_use AS u ON u.contract = s.id
)
SELECT true
  FROM outcomes.payment AS p
 WHERE p.seq = $1::bigint AND outcomes.reads_entry(p.itemised_seq, $2::text)
   AND NOT EXISTS (SELECT FROM outcomes.erasure AS x WHERE x.entry >= p.itemised_seq AND x.entry < p.seq)
   AND (outcomes.is_party(p.contract, $2::text)
        OR NOT EXISTS (SELECT FROM source AS s
                        WHERE NOT outcomes.is_party(s.id, $2::text)
                          AND (NOT outcomes.reads_contract(s.id, $2::text)
                               OR EXISTS (SELECT FROM outcomes.concern AS n WHERE n.contract = s.id AND n.is_result)
                               OR EXISTS (SELECT FROM outcomes.contract_metric AS m
                                           WHERE m.contract = s.id
                                             AND (EXISTS (SELECT FROM outcomes.result AS r
                                                           WHERE r.only_in = '' AND r.indicator IS NOT NULL
                                                             AND (r.only_in, r.indicator, r.version, r.seq)
                                                                 >= ('', m.indicator, m.indicator_version, 0)
                                                             AND (r.only_in, r.indicator, r.version, r.seq)
                                                                 < ('', m.indicator, m.indicator_version, p.seq)
                                                           ORDER BY r.only_in, r.indicator, r.version, r.seq, r.item
                                                           LIMIT 1 OFFSET 0)
                                                  OR EXISTS (SELECT FROM outcomes.result AS r
                                                              WHERE r.only_in = '' AND r.contract IS NOT NULL
                                                                AND (r.only_in, r.contract, r.metric, r.seq)
                                                                    >= ('', m.contract, m.metric, 0)
                                                                AND (r.only_in, r.contract, r.metric, r.seq)
                                                                    < ('', m.contract, m.metric, p.seq)
                                                              ORDER BY r.only_in, r.contract, r.metric, r.seq, r.item
                                                              LIMIT 1 OFFSET 0))))))
