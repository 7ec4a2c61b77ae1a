-- What a request costs hangs on what it answers, in the log as in 0016 in the lists: by type and actor; who reads a result whose body was erased;
-- in which contracts a result counts. And what was tampered with is found, whatever form it has now.

-- ---- lists of entries ----

-- Names are compared by bytes, as in outcomes: whether (actor, jti) occurs once must not hang on the system's locales, which change with it. These
-- two functions name the columns, so they are made anew below.
DROP FUNCTION ledger.verify(bigint, bigint);
DROP FUNCTION ledger.is_said_erased(bigint, bigint);
DROP INDEX ledger.entry_actor;
ALTER TABLE ledger.entry
    ALTER COLUMN actor TYPE ledger.id COLLATE "C",
    ALTER COLUMN type TYPE ledger.id COLLATE "C",
    ALTER COLUMN jti TYPE ledger.jti COLLATE "C";
CREATE INDEX entry_actor ON ledger.entry (actor, type, seq);
COMMENT ON INDEX ledger.entry_actor IS 'Lists of what one actor signed: of one type, however rare, or of each of the few that there are';

-- ---- ledger.verify ----

-- Text that is no JSON, or no base64, is a finding as any other: an error would keep back all findings.
CREATE OR REPLACE FUNCTION ledger.origin() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT b.body::json ->> 'origin' FROM ledger.body AS b WHERE b.seq = 0);
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger.target(jws text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_from(decode(rpad(translate(split_part(jws, '.', 1), '-_', '+/'),
                                    (length(split_part(jws, '.', 1)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::json ->> 'htu';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ledger.target(text)
    IS 'The request''s target that the author of a statement has signed (RFC 7515: base64url of JSON before the first point); NULL if it is none';

CREATE FUNCTION ledger.is_said_erased(erased bigint, by_seq bigint) RETURNS boolean
LANGUAGE sql STABLE
RETURN coalesce((SELECT CASE WHEN e.type = 'body.erased' AND e.seq > erased
                             THEN ledger.target(b.jws) = '/v1/entries/' || erased || '/erasure' END
                   FROM ledger.entry AS e JOIN ledger.body AS b ON b.seq = e.seq
                  WHERE e.seq = by_seq), false);
COMMENT ON FUNCTION ledger.is_said_erased(bigint, bigint) IS 'Whether entry by_seq is a body.erased, signed for the path of the entry `erased`';

-- As before (0008), and without a last number it goes on to the last body too, which may have no entry.
CREATE FUNCTION ledger.verify(first_seq bigint, last_seq bigint) RETURNS TABLE (seq bigint, code text, detail text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH bounds AS (
        SELECT greatest(first_seq, 0) AS low,
               coalesce(last_seq, greatest((SELECT max(e.seq) FROM ledger.entry AS e)::bigint, (SELECT max(d.seq) FROM ledger.body AS d)::bigint), -1) AS high,
               ledger.origin() AS origin
    ), chain AS (
        SELECT e.seq::bigint AS seq, e."time", e.prev, e.hash, e.body_commitment,
               ledger.header_hash(ledger.header(b.origin, e.seq, e."time", e.actor, e.type, e.jti, e.open, e.prev,
                                                e.body_commitment)) AS header_hash,
               lag(e.seq::bigint) OVER w AS before_seq, lag(e.hash::bytea) OVER w AS before_hash,
               lag(e."time") OVER w AS before_time, b.low
          FROM bounds AS b, ledger.entry AS e
         WHERE e.seq BETWEEN b.low - 1 AND b.high
        WINDOW w AS (ORDER BY e.seq)
    )
    SELECT c.seq, 'chain.seq', 'the entries from ' || coalesce(c.before_seq + 1, greatest(c.low - 1, 0)) || ' to ' || c.seq - 1
           || ' are missing'
      FROM chain AS c WHERE c.seq >= c.low AND c.seq > coalesce(c.before_seq + 1, greatest(c.low - 1, 0))
    UNION ALL
    SELECT b.high, 'chain.seq', 'the entries from ' || coalesce((SELECT max(c.seq) + 1 FROM chain AS c), b.low) || ' to '
           || b.high || ' are missing'
      FROM bounds AS b WHERE b.high >= b.low AND b.high > coalesce((SELECT max(c.seq) FROM chain AS c), -1)
    UNION ALL
    SELECT c.seq, 'chain.hash', 'the stored hash is ' || encode(c.hash, 'hex') || ', the header''s is '
           || coalesce(encode(c.header_hash, 'hex'), 'unknown: entry 0 does not name the ledger')
      FROM chain AS c WHERE c.seq >= c.low AND c.hash IS DISTINCT FROM c.header_hash
    UNION ALL
    SELECT c.seq, 'chain.prev', CASE WHEN c.seq = 0 THEN 'prev of entry 0 is not 64 zeros'
           ELSE 'prev is not the hash of entry ' || c.before_seq END
      FROM chain AS c
     WHERE c.seq >= c.low AND c.prev <> CASE WHEN c.seq = 0 THEN decode(repeat('00', 32), 'hex') ELSE c.before_hash END
    UNION ALL
    SELECT c.seq, 'chain.time', 'the entry is earlier than entry ' || c.before_seq
      FROM chain AS c WHERE c.seq >= c.low AND c."time" < c.before_time
    UNION ALL
    SELECT c.seq, 'body.missing', 'there is no body for this entry'
      FROM chain AS c
     WHERE c.seq >= c.low AND NOT EXISTS (SELECT FROM ledger.body AS d WHERE d.seq = c.seq)
       AND NOT EXISTS (SELECT FROM ledger.erasure AS x WHERE x.seq = c.seq)
    UNION ALL
    SELECT x.seq, 'body.erased', CASE WHEN d.seq IS NULL THEN 'its body is gone, and entry ' || x.by_seq || ' is no body.erased of it'
           ELSE 'its body is said to be erased, and is there' END
      FROM bounds AS b JOIN ledger.erasure AS x ON x.seq BETWEEN b.low AND b.high LEFT JOIN ledger.body AS d ON d.seq = x.seq
     WHERE d.seq IS NOT NULL OR NOT ledger.is_said_erased(x.seq, x.by_seq)
    UNION ALL
    SELECT d.seq, CASE WHEN c.seq IS NULL THEN 'body.extra' ELSE 'body.commitment' END,
           CASE WHEN c.seq IS NULL THEN 'there is a body and no entry that commits to it'
           ELSE 'the body is not the one that the header commits to' END
      FROM bounds AS b JOIN ledger.body AS d ON d.seq BETWEEN b.low AND b.high LEFT JOIN chain AS c ON c.seq = d.seq
     WHERE c.seq IS NULL OR c.body_commitment <> ledger.commitment(d.nonce, d.jws, d.body)
    ORDER BY 1, 2;
END;
COMMENT ON FUNCTION ledger.verify(bigint, bigint)
    IS 'One row for each thing wrong with the entries first_seq to last_seq (NULL: the newest), recomputed from what is stored; none: they agree. Give the last number that you know of, so that missing entries at the end are seen';

ALTER FUNCTION ledger.is_said_erased(bigint, bigint) OWNER TO tally_owner;
ALTER FUNCTION ledger.verify(bigint, bigint) OWNER TO tally_owner;
REVOKE ALL ON FUNCTION ledger.is_said_erased(bigint, bigint), ledger.verify(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.is_said_erased(bigint, bigint), ledger.verify(bigint, bigint) TO tally_service;

-- ---- who reads a result ----

-- As before (0013), but what was open until it was erased is found from the reader's own contracts: not by going through all results of the entry,
-- and for each through all contracts with a metric of it.
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
                    CROSS JOIN LATERAL (SELECT p.contract FROM outcomes.reading_party AS p WHERE p.actor = reader OFFSET 0) AS p
                    CROSS JOIN LATERAL (SELECT m.* FROM outcomes.contract_metric AS m WHERE m.contract = p.contract OFFSET 0) AS m
                    CROSS JOIN LATERAL ((SELECT FROM outcomes.result AS r
                                          WHERE r.only_in = '' AND r.indicator IS NOT NULL
                                            AND (r.only_in, r.indicator, r.version, r.seq) >= ('', m.indicator, m.indicator_version, e.seq)
                                            AND (r.only_in, r.indicator, r.version, r.seq) <= ('', m.indicator, m.indicator_version, e.seq)
                                          ORDER BY r.only_in, r.indicator, r.version, r.seq, r.item
                                          LIMIT 1)
                                        UNION ALL
                                        (SELECT FROM outcomes.result AS r
                                          WHERE r.only_in = '' AND r.contract IS NOT NULL
                                            AND (r.only_in, r.contract, r.metric, r.seq) >= ('', m.contract, m.metric, e.seq)
                                            AND (r.only_in, r.contract, r.metric, r.seq) <= ('', m.contract, m.metric, e.seq)
                                          ORDER BY r.only_in, r.contract, r.metric, r.seq, r.item
                                          LIMIT 1)) AS r));
END
$$;

-- ---- in which contracts a result counts ----

ALTER TABLE outcomes.contract_metric ADD COLUMN is_open boolean NOT NULL DEFAULT false;
UPDATE outcomes.contract_metric AS m SET is_open = c.open FROM outcomes.contract AS c WHERE c.id = m.contract;
COMMENT ON COLUMN outcomes.contract_metric.is_open IS 'The contract is open';
DROP INDEX outcomes.contract_metric_indicator;
CREATE INDEX contract_metric_indicator ON outcomes.contract_metric (indicator, indicator_version, is_open) WHERE indicator IS NOT NULL;
COMMENT ON INDEX outcomes.contract_metric_indicator IS 'The contracts that a result may feed, and those of them that are everybody''s';

-- ---- what 0013 left as it was ----

-- What had restated or withdrawn a result after its erasure is hidden like it, as it has been from 0013 on.
WITH RECURSIVE b AS (
    SELECT r.seq, r.item
      FROM outcomes.erasure AS x
      JOIN outcomes.result AS o ON o.seq = x.entry AND o.only_in = ''
      JOIN outcomes.result AS r ON r.of_seq = o.seq AND r.of_item = o.item
     WHERE r.seq > x.seq AND r.only_in IS NULL
    UNION
    SELECT r.seq, r.item
      FROM b JOIN outcomes.result AS r ON r.of_seq = b.seq AND r.of_item = b.item
     WHERE r.only_in IS NULL
)
UPDATE outcomes.result AS r SET only_in = '' FROM b WHERE r.seq = b.seq AND r.item = b.item;
