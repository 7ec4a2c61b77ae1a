-- What restates or withdraws a result that was open until its body was erased is as little for everybody: its row would say the same
-- dimensions again. As before (0012), but for rows of outcomes.result whose only_in is empty, whether their own bodies were erased or not.
CREATE OR REPLACE FUNCTION outcomes.reads(entry bigint, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN reader IS NOT NULL AND (
        EXISTS (SELECT FROM outcomes.concern AS c
                  JOIN outcomes.reading_party AS p ON p.contract = c.contract AND p.actor = reader
                 WHERE c.seq = entry AND (p.since <= entry OR outcomes.is_for_all_parties(entry)))
        OR EXISTS (SELECT FROM (SELECT reads.entry AS seq
                                UNION ALL
                                SELECT x.entry FROM outcomes.erasure AS x WHERE x.seq = reads.entry - 1) AS e
                     JOIN outcomes.result AS r ON r.seq = e.seq AND r.only_in = ''
                     JOIN outcomes.contract_metric AS m
                       ON m.indicator = r.indicator AND m.indicator_version = r.version
                          OR m.contract = r.contract AND m.metric = r.metric
                     JOIN outcomes.reading_party AS p ON p.contract = m.contract AND p.actor = reader));
END
$$;
COMMENT ON COLUMN outcomes.result.only_in IS 'Not open: the contracts that it is for and counts in, ",able,housing,". Empty: it was open, and its body, or that of the result that it replaces, has been erased. NULL: everybody''s';
