-- The same rows as a submitted result makes (entry, body, result, with their indexes and CHECKs), written by SQL alone: chained behind
-- a locked row, and unchained. pgbench calls bench.append_chained() and bench.append_unchained().
CREATE SCHEMA bench;
CREATE TABLE bench.entry (LIKE ledger.entry INCLUDING ALL);
CREATE TABLE bench.body (LIKE ledger.body INCLUDING ALL);
CREATE TABLE bench.result (LIKE outcomes.result INCLUDING ALL);
CREATE TABLE bench.head (seq bigint NOT NULL, hash bytea NOT NULL) WITH (fillfactor = 10);
INSERT INTO bench.head VALUES (1, decode(repeat('00', 32), 'hex'));
CREATE SEQUENCE bench.seq CACHE 100;

CREATE FUNCTION bench.rows(n bigint, before bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    word text := md5(n::text);
    nonce bytea := decode(word, 'hex');
    jws text := repeat(word, 24);
    body text := '{"dimensions":{"quarter":"2016-01-01/2016-03-31","site":"s' || n || '"},"indicator":"bench.days-housed","value":"90","version":1}';
    commitment bytea := ledger.commitment(nonce, jws, body);
    own bytea := ledger.header_hash(ledger.header('localhost/bench', n, moment, 'reporter-1', 'result.submitted', word, true, before, commitment));
BEGIN
    INSERT INTO bench.body VALUES (n, nonce, jws, body);
    INSERT INTO bench.entry (seq, "time", actor, type, jti, open, prev, body_commitment, hash)
    VALUES (n, moment, 'reporter-1', 'result.submitted', word, true, before, commitment, own);
    INSERT INTO bench.result (seq, item, indicator, version, dimensions, value, author, "time", is_set, key)
    VALUES (n, 0, 'bench.days-housed', 1, '{"quarter":"2016-01-01/2016-03-31","site":"s' || n || '"}', '90', 'reporter-1', moment, false, sha256(convert_to(word, 'UTF8')));
    RETURN own;
END $$;

CREATE FUNCTION bench.append_chained() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last bench.head;
BEGIN
    SELECT * INTO last FROM bench.head FOR UPDATE;
    UPDATE bench.head SET hash = bench.rows(last.seq, last.hash), seq = last.seq + 1;
END $$;

CREATE FUNCTION bench.append_unchained() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bench.rows(nextval('bench.seq') + 1000000000, decode(repeat('00', 32), 'hex'));
END $$;
