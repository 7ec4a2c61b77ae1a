-- The ledger: a chain of entries that only grows, and their bodies (design: formats.md, Entry).
-- Owned by tally_owner, used by tally_service, which may read and append and nothing else. Neither role logs in:
-- whoever deploys grants them to log-ins of their own. Both are made here where they do not exist yet.

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database''s encoding is %, and has to be UTF8', current_setting('server_encoding')
            USING HINT = 'create it with: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tally_owner') THEN
        CREATE ROLE tally_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tally_service') THEN
        CREATE ROLE tally_service NOLOGIN;
    END IF;
    IF NOT pg_catalog.pg_has_role(current_user, 'tally_owner', 'MEMBER') THEN
        EXECUTE format('GRANT tally_owner TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA ledger AUTHORIZATION tally_owner;
COMMENT ON SCHEMA ledger IS 'The append-only log: headers, bodies, and the functions that check them';

CREATE DOMAIN ledger.seq AS bigint CHECK (VALUE BETWEEN 0 AND 9007199254740991);
COMMENT ON DOMAIN ledger.seq IS 'Number of an entry: 0, 1, 2, ... without gaps, at most 2^53 - 1 so that every JSON reader has it exactly';
CREATE DOMAIN ledger.hash AS bytea CHECK (octet_length(VALUE) = 32);
COMMENT ON DOMAIN ledger.hash IS 'A SHA-256';
-- Lengths are checked beside the patterns: a pattern with a bounded repetition costs ten times as much (3 us, not 0.3).
CREATE DOMAIN ledger.id AS text CHECK (octet_length(VALUE) <= 64 AND VALUE ~ '^[a-z][a-z0-9._-]*$');
COMMENT ON DOMAIN ledger.id IS 'Name of an actor or of an entry type: no character that JSON would escape';
CREATE DOMAIN ledger.jti AS text
    CHECK (VALUE = '' OR octet_length(VALUE) BETWEEN 16 AND 64 AND VALUE ~ '^[A-Za-z0-9_-]*$');
COMMENT ON DOMAIN ledger.jti IS 'Id of a statement, chosen by its author; empty for the service''s own entries';

CREATE TABLE ledger.entry (
    seq ledger.seq PRIMARY KEY,
    "time" timestamptz NOT NULL CHECK ("time" >= '0001-01-01 00:00:00+00' AND "time" < '10000-01-01 00:00:00+00'),
    actor ledger.id NOT NULL,
    type ledger.id NOT NULL,
    jti ledger.jti NOT NULL,
    open boolean NOT NULL,
    prev ledger.hash NOT NULL,
    body_commitment ledger.hash NOT NULL,
    hash ledger.hash NOT NULL,
    CHECK ((actor = 'ledger') = (jti = ''))
);
COMMENT ON TABLE ledger.entry IS 'One row an entry: the values of its header, and its hash. INSERT and SELECT only';
COMMENT ON COLUMN ledger.entry.seq IS 'Its number';
COMMENT ON COLUMN ledger.entry."time" IS 'When it was appended; never before the time of the entry before';
COMMENT ON COLUMN ledger.entry.actor IS 'Who signed the statement; "ledger" for the service''s own entries';
COMMENT ON COLUMN ledger.entry.type IS 'Which kind of entry, of the closed table';
COMMENT ON COLUMN ledger.entry.jti IS 'The statement''s id; (actor, jti) occurs once';
COMMENT ON COLUMN ledger.entry.open IS 'Anybody may read the body';
COMMENT ON COLUMN ledger.entry.prev IS 'Hash of the entry before; 32 zero bytes for entry 0';
COMMENT ON COLUMN ledger.entry.body_commitment IS 'SHA-256("tally/body/v1\n" || nonce || u32be(length of jws) || jws || body)';
COMMENT ON COLUMN ledger.entry.hash IS 'SHA-256(0x00 || header), the RFC 6962 leaf hash; recomputed by ledger.entry_check when inserted';

CREATE UNIQUE INDEX entry_statement ON ledger.entry (actor, jti) WHERE jti <> '';
COMMENT ON INDEX ledger.entry_statement IS 'A statement is recorded once; finds the answer for one that is sent again';
CREATE INDEX entry_type ON ledger.entry (type, seq);
COMMENT ON INDEX ledger.entry_type IS 'Lists of the entries of one type, the rare ones too';
CREATE INDEX entry_actor ON ledger.entry (actor, seq);
COMMENT ON INDEX ledger.entry_actor IS 'Lists of what one actor signed';

CREATE TABLE ledger.body (
    seq ledger.seq PRIMARY KEY,
    nonce bytea NOT NULL CHECK (octet_length(nonce) = 16),
    jws text NOT NULL,
    body text NOT NULL
);
COMMENT ON TABLE ledger.body IS 'What an entry''s header commits to: exactly the bytes received. INSERT and SELECT only';
COMMENT ON COLUMN ledger.body.seq IS 'The entry that it belongs to';
COMMENT ON COLUMN ledger.body.nonce IS '16 random bytes, so that a short body cannot be guessed from its commitment';
COMMENT ON COLUMN ledger.body.jws IS 'The author''s detached signature (RFC 7515 Appendix F); empty for the service''s own entries';
COMMENT ON COLUMN ledger.body.body IS 'The request''s body, byte for byte';

-- Bodies are compressed with lz4, a tenth of pglz's cost; a server built without it stores them as they are.
DO $$
BEGIN
    ALTER TABLE ledger.body ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE ledger.body ALTER COLUMN body SET STORAGE EXTERNAL;
END
$$;

-- STABLE, not STRICT: so that PostgreSQL inlines it into the queries that use it.
CREATE FUNCTION ledger.header(origin text, seq bigint, "time" timestamptz, actor text, type text, jti text, open boolean,
                              prev bytea, body_commitment bytea) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '{"actor":"' || actor || '","body":"' || encode(body_commitment, 'hex') || '","jti":"' || jti || '","ledger":"' || origin
    || CASE WHEN open THEN '","open":true,"prev":"' ELSE '","open":false,"prev":"' END || encode(prev, 'hex')
    || '","seq":' || seq::text || ',"time":"' || to_char("time" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","type":"' || type || '","v":1}';
COMMENT ON FUNCTION ledger.header(text, bigint, timestamptz, text, text, text, boolean, bytea, bytea)
    IS 'The header''s canonical JSON (formats.md, Entry). No value has a character that JSON escapes';

CREATE FUNCTION ledger.header_hash(header text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256('\x00'::bytea || convert_to(header, 'UTF8'));
COMMENT ON FUNCTION ledger.header_hash(text) IS 'SHA-256(0x00 || header): the hash of the entry';

CREATE FUNCTION ledger.commitment(nonce bytea, jws text, body text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256('\x74616c6c792f626f64792f76310a'::bytea || nonce || int4send(octet_length(jws))
    || convert_to(jws, 'UTF8') || convert_to(body, 'UTF8'));
COMMENT ON FUNCTION ledger.commitment(bytea, text, text) IS 'What a header says about its body (formats.md, Entry)';

CREATE FUNCTION ledger.origin() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT b.body::json ->> 'origin' FROM ledger.body AS b WHERE b.seq = 0);
COMMENT ON FUNCTION ledger.origin() IS 'The ledger''s name, which every header carries, as entry 0 states it; NULL while there is none';

CREATE FUNCTION ledger.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% only grows: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'What is recorded stays. A correction is a new entry that names the one it corrects.';
END
$$;
COMMENT ON FUNCTION ledger.refuse_change() IS 'Refuses UPDATE, DELETE and TRUNCATE, whoever asks';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.body
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_change;
COMMENT ON TRIGGER refuse_change ON ledger.entry IS 'Stops mistakes; an owner can switch it off, and the hashes speak to that';
COMMENT ON TRIGGER refuse_change ON ledger.body IS 'Stops mistakes; an owner can switch it off, and the commitments speak to that';

-- Statement-level: one pass over all rows of a batch. The body of entry 0 is inserted before the entry, as every body is.
CREATE FUNCTION ledger.entry_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin text := ledger.origin();
    first bigint;
    before_first bigint;
    before_hash bytea;
    before_time timestamptz;
    bad record;
BEGIN
    SELECT min(f.seq) INTO first FROM fresh AS f;
    IF first IS NULL THEN
        RETURN NULL;
    END IF;
    IF origin IS NULL THEN
        RAISE EXCEPTION 'entry % cannot be appended: the body of entry 0, which names the ledger, is not there', first
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF first = 0 THEN
        before_first := -1;
        before_hash := decode(repeat('00', 32), 'hex');
        before_time := '-infinity';
    ELSE
        SELECT e.seq, e.hash, e."time" INTO before_first, before_hash, before_time
          FROM ledger.entry AS e WHERE e.seq = first - 1;
    END IF;
    SELECT c.seq,
           CASE WHEN c.last_seq IS DISTINCT FROM c.seq - 1 THEN 'entry ' || c.seq - 1 || ' does not exist'
                WHEN c.prev <> c.last_hash THEN 'prev is not the hash of the entry before'
                WHEN c."time" < c.last_time THEN 'its time is before that of the entry before'
                ELSE 'its hash is not that of its header' END AS why
      INTO bad
      FROM (SELECT f.seq, f.prev, f."time", f.hash,
                   lag(f.seq, 1, before_first) OVER w AS last_seq,
                   lag(f.hash, 1, before_hash) OVER w AS last_hash,
                   lag(f."time", 1, before_time) OVER w AS last_time,
                   ledger.header_hash(ledger.header(origin, f.seq, f."time", f.actor, f.type, f.jti, f.open, f.prev,
                                                    f.body_commitment)) AS header_hash
              FROM fresh AS f WINDOW w AS (ORDER BY f.seq)) AS c
     WHERE c.last_seq IS DISTINCT FROM c.seq - 1 OR c.prev <> c.last_hash OR c."time" < c.last_time
        OR c.hash <> c.header_hash
     ORDER BY c.seq
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not continue the ledger: %', bad.seq, bad.why
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ledger.entry_check() IS 'New entries continue the chain: number, prev, time, and the hash of the header';

CREATE TRIGGER entry_check AFTER INSERT ON ledger.entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.entry_check();
ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER entry_check;
COMMENT ON TRIGGER entry_check ON ledger.entry IS 'A writer that lost its place cannot append';

-- The time only grows with the number, so that a binary search over the primary key needs no index of its own.
CREATE FUNCTION ledger.first_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    low bigint := 0;
    high bigint := coalesce((SELECT max(e.seq) + 1 FROM ledger.entry AS e), 0);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high) / 2;
        IF (SELECT e."time" FROM ledger.entry AS e WHERE e.seq = middle) < moment THEN
            low := middle + 1;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
COMMENT ON FUNCTION ledger.first_at(timestamptz) IS 'Number of the first entry at or after this moment; the next number if there is none';

CREATE FUNCTION ledger.verify(first_seq bigint, last_seq bigint) RETURNS TABLE (seq bigint, code text, detail text)
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
      FROM chain AS c WHERE c.seq >= c.low AND NOT EXISTS (SELECT FROM ledger.body AS d WHERE d.seq = c.seq)
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

ALTER DOMAIN ledger.seq OWNER TO tally_owner;
ALTER DOMAIN ledger.hash OWNER TO tally_owner;
ALTER DOMAIN ledger.id OWNER TO tally_owner;
ALTER DOMAIN ledger.jti OWNER TO tally_owner;
ALTER TABLE ledger.entry OWNER TO tally_owner;
ALTER TABLE ledger.body OWNER TO tally_owner;
ALTER FUNCTION ledger.header(text, bigint, timestamptz, text, text, text, boolean, bytea, bytea) OWNER TO tally_owner;
ALTER FUNCTION ledger.header_hash(text) OWNER TO tally_owner;
ALTER FUNCTION ledger.commitment(bytea, text, text) OWNER TO tally_owner;
ALTER FUNCTION ledger.origin() OWNER TO tally_owner;
ALTER FUNCTION ledger.refuse_change() OWNER TO tally_owner;
ALTER FUNCTION ledger.entry_check() OWNER TO tally_owner;
ALTER FUNCTION ledger.first_at(timestamptz) OWNER TO tally_owner;
ALTER FUNCTION ledger.verify(bigint, bigint) OWNER TO tally_owner;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO tally_service;
GRANT SELECT, INSERT ON ledger.entry, ledger.body TO tally_service;
GRANT EXECUTE ON FUNCTION ledger.header(text, bigint, timestamptz, text, text, text, boolean, bytea, bytea),
    ledger.header_hash(text), ledger.commitment(bytea, text, text), ledger.origin(), ledger.first_at(timestamptz),
    ledger.verify(bigint, bigint) TO tally_service;
