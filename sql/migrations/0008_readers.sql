-- What is not open, who may read it, and bodies that are erased (contracts/README.md, Who may read what; ledger/README.md, Erasing).

-- ---- what is not open, and for whom ----

CREATE TABLE outcomes.concern (
    seq outcomes.seq,
    contract outcomes.name,
    PRIMARY KEY (seq, contract)
);
COMMENT ON TABLE outcomes.concern IS 'Which contracts the entries concern that are not open: their parties read the bodies. What is open has no row';
COMMENT ON COLUMN outcomes.concern.seq IS 'The entry';
COMMENT ON COLUMN outcomes.concern.contract IS 'A contract that it concerns';

CREATE INDEX concern_contract ON outcomes.concern (contract, seq);
COMMENT ON INDEX outcomes.concern_contract IS 'Whether anything that an open contract uses is not open';

ALTER TABLE outcomes.result
    ADD COLUMN only_in text CHECK (only_in = '' OR only_in LIKE ',%,');
COMMENT ON COLUMN outcomes.result.only_in IS 'Not open: the contracts that it is for and counts in, ",able,housing,". Empty: it was open, and its body has been erased. NULL: everybody''s';

CREATE TABLE outcomes.erasure (
    entry outcomes.seq PRIMARY KEY,
    seq outcomes.seq NOT NULL CHECK (seq > entry)
);
COMMENT ON TABLE outcomes.erasure IS 'Entries whose bodies were erased';
COMMENT ON COLUMN outcomes.erasure.entry IS 'The entry';
COMMENT ON COLUMN outcomes.erasure.seq IS 'Entry body.erased; residue.kept is the one behind it';
CREATE UNIQUE INDEX erasure_seq ON outcomes.erasure (seq);
COMMENT ON INDEX outcomes.erasure_seq IS 'Whose residue an entry is';

-- In PL/pgSQL, so that the plans are kept for the session. The one rule: the parties of a contract read what concerns it. Results that were open until
-- their bodies were erased concern every contract with a metric of them.
CREATE FUNCTION outcomes.reads(entry bigint, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN reader IS NOT NULL AND (
        EXISTS (SELECT FROM outcomes.concern AS c JOIN outcomes.party AS p ON p.contract = c.contract AND p.actor = reader
                 WHERE c.seq = entry)
        OR EXISTS (SELECT FROM outcomes.erasure AS x
                     JOIN outcomes.result AS r ON r.seq = x.entry AND r.only_in = ''
                     JOIN outcomes.contract_metric AS m
                       ON m.indicator = r.indicator AND m.indicator_version = r.version
                          OR m.contract = r.contract AND m.metric = r.metric
                     JOIN outcomes.party AS p ON p.contract = m.contract AND p.actor = reader
                    WHERE x.entry = reads.entry OR x.seq = reads.entry - 1));
END
$$;
COMMENT ON FUNCTION outcomes.reads(bigint, text)
    IS 'Whether this actor (NULL: nobody in particular) reads the body of an entry that is not open, because of the contracts that it concerns';

CREATE FUNCTION outcomes.is_party(contract text, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM outcomes.party AS p WHERE p.actor = reader AND p.contract = is_party.contract);
END
$$;
COMMENT ON FUNCTION outcomes.is_party(text, text) IS 'Whether this actor (NULL: nobody in particular) is any of the contract''s parties';

CREATE FUNCTION outcomes.reads_entry(entry bigint, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM outcomes.concern AS c WHERE c.seq = entry) OR outcomes.reads(entry, reader);
END
$$;
COMMENT ON FUNCTION outcomes.reads_entry(bigint, text) IS 'The same of any entry but one of results: what is open is everybody''s';

CREATE FUNCTION outcomes.reads_contract(contract text, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM outcomes.contract AS c
                    WHERE c.id = reads_contract.contract AND (c.open OR outcomes.reads(c.seq, reader)));
END
$$;
COMMENT ON FUNCTION outcomes.reads_contract(text, text) IS 'Whether there is such a contract, as far as this actor may know';

CREATE FUNCTION outcomes.reads_result(only_in text, author text, entry bigint, reader text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(only_in IS NULL OR author = reader OR outcomes.reads(entry, reader), false);
COMMENT ON FUNCTION outcomes.reads_result(text, text, bigint, text) IS 'Of a row of outcomes.result: open, or the author''s own, or read because of a contract';

CREATE FUNCTION ledger.readable(seq bigint, reader text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN outcomes.reads(seq, reader);
COMMENT ON FUNCTION ledger.readable(bigint, text)
    IS 'Asked by the log of entries that are not open: may this actor (NULL: nobody in particular) read the body? The answer is the domain''s';

CREATE FUNCTION ledger.reads(open boolean, actor text, seq bigint, reader text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(open OR actor = reader OR ledger.readable(seq, reader), false);
COMMENT ON FUNCTION ledger.reads(boolean, text, bigint, text) IS 'Who may read the body of this entry: everybody, its author, and whom the domain says';

-- ---- bodies that are erased ----

CREATE TABLE ledger.erasure (
    seq ledger.seq PRIMARY KEY CHECK (seq > 0),
    by_seq ledger.seq NOT NULL UNIQUE CHECK (by_seq > seq)
);
COMMENT ON TABLE ledger.erasure IS 'Entries whose bodies were erased. Only ledger.erase adds a row, and a trigger checks it; no row leaves';
COMMENT ON COLUMN ledger.erasure.seq IS 'The entry whose body is gone';
COMMENT ON COLUMN ledger.erasure.by_seq IS 'Entry body.erased, which says so, signed';

CREATE FUNCTION ledger.target(jws text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN convert_from(decode(rpad(translate(split_part(jws, '.', 1), '-_', '+/'),
                                (length(split_part(jws, '.', 1)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::json ->> 'htu';
COMMENT ON FUNCTION ledger.target(text) IS 'The request''s target that the author of a statement has signed (RFC 7515: base64url of JSON before the first point)';

CREATE FUNCTION ledger.is_said_erased(erased bigint, by_seq bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT CASE WHEN e.type = 'body.erased' AND e.seq > erased
                             THEN ledger.target(b.jws) = '/v1/entries/' || erased || '/erasure' END
                   FROM ledger.entry AS e JOIN ledger.body AS b ON b.seq = e.seq
                  WHERE e.seq = by_seq), false);
COMMENT ON FUNCTION ledger.is_said_erased(bigint, bigint) IS 'Whether entry by_seq is a body.erased, signed for the path of the entry `erased`';

CREATE FUNCTION ledger.erasure_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT ledger.is_said_erased(NEW.seq, NEW.by_seq) THEN
        RAISE EXCEPTION 'the body of entry % stays: entry % is no body.erased of it', NEW.seq, NEW.by_seq
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'POST /v1/entries/SEQ/erasure, signed by the entry''s author or the operator, comes first.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ledger.erasure_check() IS 'A body is erased by a statement that says so, which is there already';

CREATE FUNCTION ledger.refuse_unsaid() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger.erasure AS x WHERE x.seq = OLD.seq) THEN
        RAISE EXCEPTION 'ledger.body only grows: DELETE of the body of entry % is refused', OLD.seq
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'A body is erased by a statement that says so: POST /v1/entries/SEQ/erasure.';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION ledger.refuse_unsaid() IS 'No body goes but one of which a row of ledger.erasure says that it does, whoever asks';

CREATE TRIGGER erasure_check BEFORE INSERT ON ledger.erasure FOR EACH ROW EXECUTE FUNCTION ledger.erasure_check();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
DROP TRIGGER refuse_change ON ledger.body;
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON ledger.body
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER refuse_unsaid BEFORE DELETE ON ledger.body FOR EACH ROW EXECUTE FUNCTION ledger.refuse_unsaid();
ALTER TABLE ledger.erasure ENABLE ALWAYS TRIGGER erasure_check;
ALTER TABLE ledger.erasure ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_unsaid;
COMMENT ON TRIGGER erasure_check ON ledger.erasure IS 'Holds the owner too; one who switches it off leaves an erasure that ledger.verify and tally-verify find';
COMMENT ON TRIGGER refuse_change ON ledger.erasure IS 'What was erased stays so';
COMMENT ON TRIGGER refuse_change ON ledger.body IS 'Stops mistakes; an owner can switch it off, and the commitments speak to that';
COMMENT ON TRIGGER refuse_unsaid ON ledger.body IS 'The same of a body that goes: the archive has a hole that nobody has signed for';

CREATE FUNCTION ledger.erase(erased bigint, by_seq bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO ledger.erasure (seq, by_seq) VALUES (erased, erase.by_seq);
    DELETE FROM ledger.body AS b WHERE b.seq = erased;
END
$$;
COMMENT ON FUNCTION ledger.erase(bigint, bigint)
    IS 'Removes nonce, signature and body of an entry, for good. Refuses unless entry by_seq is a body.erased of it, appended before';

CREATE FUNCTION outcomes.erase(entry bigint, by_seq bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO outcomes.erasure (entry, seq) VALUES (erase.entry, erase.by_seq);
    INSERT INTO outcomes.concern (seq, contract)
    SELECT by_seq + 1, c.contract FROM outcomes.concern AS c WHERE c.seq = erase.entry;
    UPDATE outcomes.result AS r SET only_in = '' WHERE r.seq = erase.entry AND r.only_in IS NULL;
    UPDATE outcomes.dispute AS d SET reason = 'erased' WHERE d.seq = erase.entry AND d.reason <> '';
    UPDATE outcomes.settlement AS s SET reference = 'erased' WHERE s.seq = erase.entry;
    UPDATE outcomes.payment_item AS i SET key = '' -- the trigger stands behind its list
      FROM outcomes.payment AS p
     WHERE p.seq = erase.entry + 1 AND p.itemised_seq = erase.entry AND i.payment_seq = p.seq;
    UPDATE outcomes.explanation AS x SET body = ''
      FROM outcomes.payment AS p
     WHERE p.seq = erase.entry + 1 AND p.itemised_seq = erase.entry AND x.payment_seq = p.seq;
END
$$;
COMMENT ON FUNCTION outcomes.erase(bigint, bigint)
    IS 'The body of `entry` was erased by by_seq: takes the text that it held out of the tables; its residue concerns what it concerned';

-- As before, but a body that was erased is not missing.
CREATE OR REPLACE FUNCTION ledger.verify(first_seq bigint, last_seq bigint) RETURNS TABLE (seq bigint, code text, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH bounds AS (
        SELECT greatest(first_seq, 0) AS low,
               coalesce(last_seq, (SELECT max(e.seq) FROM ledger.entry AS e)::bigint, -1) AS high,
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

-- ---- who owns, who may ----

ALTER TABLE outcomes.concern OWNER TO tally_owner;
ALTER TABLE outcomes.erasure OWNER TO tally_owner;
ALTER TABLE ledger.erasure OWNER TO tally_owner;
ALTER FUNCTION outcomes.reads(bigint, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.is_party(text, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.reads_entry(bigint, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.reads_contract(text, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.reads_result(text, text, bigint, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.erase(bigint, bigint) OWNER TO tally_owner;
ALTER FUNCTION ledger.readable(bigint, text) OWNER TO tally_owner;
ALTER FUNCTION ledger.reads(boolean, text, bigint, text) OWNER TO tally_owner;
ALTER FUNCTION ledger.target(text) OWNER TO tally_owner;
ALTER FUNCTION ledger.is_said_erased(bigint, bigint) OWNER TO tally_owner;
ALTER FUNCTION ledger.erasure_check() OWNER TO tally_owner;
ALTER FUNCTION ledger.refuse_unsaid() OWNER TO tally_owner;
ALTER FUNCTION ledger.erase(bigint, bigint) OWNER TO tally_owner;

REVOKE ALL ON FUNCTION outcomes.reads(bigint, text), outcomes.is_party(text, text), outcomes.reads_entry(bigint, text), outcomes.reads_contract(text, text),
    outcomes.reads_result(text, text, bigint, text), outcomes.erase(bigint, bigint), ledger.readable(bigint, text),
    ledger.reads(boolean, text, bigint, text), ledger.target(text), ledger.is_said_erased(bigint, bigint), ledger.erasure_check(),
    ledger.refuse_unsaid(), ledger.erase(bigint, bigint) FROM PUBLIC;
GRANT SELECT, INSERT ON outcomes.concern TO tally_service;
GRANT SELECT ON outcomes.erasure, ledger.erasure TO tally_service;
GRANT EXECUTE ON FUNCTION outcomes.reads(bigint, text), outcomes.is_party(text, text), outcomes.reads_entry(bigint, text), outcomes.reads_contract(text, text),
    outcomes.reads_result(text, text, bigint, text), outcomes.erase(bigint, bigint), ledger.readable(bigint, text),
    ledger.reads(boolean, text, bigint, text), ledger.target(text), ledger.is_said_erased(bigint, bigint),
    ledger.erase(bigint, bigint) TO tally_service;
