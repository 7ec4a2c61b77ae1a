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
                                                           WHERE r.indicator = m.indicator AND r.version = m.indicator_version
                                                             AND r.only_in = '' AND r.seq < p.seq)
                                                  OR EXISTS (SELECT FROM outcomes.result AS r
                                                              WHERE r.contract = m.contract AND r.metric = m.metric
                                                                AND r.only_in = '' AND r.seq < p.seq))))))
