-- Who has joined a contract, or become its party by an amendment, reads what concerns it from then on: of before, there are the texts and the
-- results that its amounts are computed from, and nothing else (contracts/README.md, Who may read what).

CREATE OR REPLACE VIEW outcomes.reading_party AS
SELECT p.contract, p.actor, 0::bigint AS since FROM outcomes.party AS p
UNION ALL
SELECT s.contract, s.actor, a.seq::bigint
  FROM outcomes.amendment_signer AS s
  JOIN outcomes.amendment AS a ON a.seq = s.amendment_seq
 WHERE NOT s.is_leaving
   AND (a.in_force_seq IS NOT NULL
        OR NOT EXISTS (SELECT FROM outcomes.amendment AS b
                        WHERE b.contract = a.contract AND b.version >= a.version AND b.in_force_seq IS NOT NULL))
UNION ALL
SELECT j.contract::outcomes.id, j.actor::outcomes.id, j.seq::bigint FROM outcomes.accession AS j;
COMMENT ON VIEW outcomes.reading_party IS 'Who is, was, or is asked to become a party of a contract, or has joined it; and since which entry';
COMMENT ON COLUMN outcomes.reading_party.since IS 'The entry that names it: amendment or accession; 0 for those that the contract was proposed with';

CREATE FUNCTION outcomes.is_for_all_parties(entry bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM outcomes.result AS r WHERE r.seq = entry)
        OR EXISTS (SELECT FROM outcomes.amendment AS a WHERE a.seq = entry)
        OR EXISTS (SELECT FROM outcomes.concern AS n JOIN outcomes.contract AS c ON c.id = n.contract
                    WHERE n.seq = entry AND c.seq = entry);
END
$$;
COMMENT ON FUNCTION outcomes.is_for_all_parties(bigint)
    IS 'Whether also those read it who became parties later: a text, which they sign, or results, from which their amounts are computed';

-- As before (0008, 0011), by the view as it is now.
CREATE OR REPLACE FUNCTION outcomes.reads(entry bigint, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN reader IS NOT NULL AND (
        EXISTS (SELECT FROM outcomes.concern AS c
                  JOIN outcomes.reading_party AS p ON p.contract = c.contract AND p.actor = reader
                 WHERE c.seq = entry AND (p.since <= entry OR outcomes.is_for_all_parties(entry)))
        OR EXISTS (SELECT FROM outcomes.erasure AS x
                     JOIN outcomes.result AS r ON r.seq = x.entry AND r.only_in = ''
                     JOIN outcomes.contract_metric AS m
                       ON m.indicator = r.indicator AND m.indicator_version = r.version
                          OR m.contract = r.contract AND m.metric = r.metric
                     JOIN outcomes.reading_party AS p ON p.contract = m.contract AND p.actor = reader
                    WHERE x.entry = reads.entry OR x.seq = reads.entry - 1));
END
$$;

ALTER FUNCTION outcomes.is_for_all_parties(bigint) OWNER TO tally_owner;
REVOKE ALL ON FUNCTION outcomes.is_for_all_parties(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outcomes.is_for_all_parties(bigint) TO tally_service;
