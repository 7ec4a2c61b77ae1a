-- Fills a ledger up to so many entries with single results, as its service would have recorded them one by one: entries, bodies, results and
-- tiles. The chain is made in one pass, what is stored follows in bulk; what the database checks of new entries is checked of these too.
-- psql -v size=1000000 -f large.sql; the service does not run meanwhile.
\set ON_ERROR_STOP 1
SET work_mem = '256MB';
CREATE SCHEMA IF NOT EXISTS bench_large;
CREATE UNLOGGED TABLE bench_large.made (seq bigint, moment timestamptz, jti text, jws text, body text, nonce bytea, prev bytea,
                                        commitment bytea, hash bytea, site text);

CREATE FUNCTION bench_large.make(size bigint) RETURNS SETOF bench_large.made LANGUAGE plpgsql AS $$
DECLARE
    row bench_large.made;
    origin text := ledger.origin();
    start timestamptz;
BEGIN
    SELECT e.seq, e."time", e.hash INTO row.seq, start, row.hash FROM ledger.entry AS e ORDER BY e.seq DESC LIMIT 1;
    WHILE row.seq + 1 < size LOOP
        row.seq := row.seq + 1;
        row.moment := start + (row.seq / 100) * interval '1 microsecond'; -- batches of a hundred, all before now
        row.jti := md5(row.seq::text);
        row.site := 'f' || row.seq;
        row.jws := repeat(row.jti, 20);
        row.nonce := decode(row.jti, 'hex');
        row.body := '{"dimensions":{"quarter":"2016-01-01/2016-03-31","site":"' || row.site
                    || '"},"indicator":"bench.days-housed","value":"90","version":1}';
        row.prev := row.hash;
        row.commitment := ledger.commitment(row.nonce, row.jws, row.body);
        row.hash := ledger.header_hash(ledger.header(origin, row.seq, row.moment, 'reporter-1', 'result.submitted', row.jti, true,
                                                     row.prev, row.commitment));
        RETURN NEXT row;
    END LOOP;
END $$;

BEGIN;
INSERT INTO bench_large.made SELECT * FROM bench_large.make(:size);
INSERT INTO ledger.body (seq, nonce, jws, body) SELECT seq, nonce, jws, body FROM bench_large.made ORDER BY seq;
INSERT INTO ledger.entry (seq, "time", actor, type, jti, open, prev, body_commitment, hash)
SELECT seq, moment, 'reporter-1', 'result.submitted', jti, true, prev, commitment, hash FROM bench_large.made ORDER BY seq;
INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, "time", is_set, key)
SELECT seq, 0, 'bench.days-housed', 1, '{"quarter":"2016-01-01/2016-03-31","site":"' || site || '"}', '90', 'reporter-1', moment, false,
       sha256(convert_to(jti, 'UTF8')) FROM bench_large.made ORDER BY seq;
DROP SCHEMA bench_large CASCADE;

-- The tiles that are full now and were not before: each level's nodes layer by layer, in sets.
CREATE FUNCTION pg_temp.fill_level(to_level integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first bigint := (SELECT coalesce(max(number) + 1, 0) FROM ledger.tile WHERE level = to_level);
BEGIN
    CREATE TEMP TABLE node ON COMMIT DROP AS
        SELECT seq AS n, hash::bytea AS hash FROM ledger.entry WHERE to_level = 0 AND seq >= first * 256
        UNION ALL SELECT number, root::bytea FROM ledger.tile WHERE level = to_level - 1 AND number >= first * 256;
    DELETE FROM node WHERE n / 256 >= ((SELECT max(n) + 1 FROM node) / 256);
    FOR layer IN 1 .. 8 LOOP
        CREATE TEMP TABLE above ON COMMIT DROP AS
            SELECT l.n / 2 AS n, sha256('\x01'::bytea || l.hash || r.hash) AS hash
              FROM node AS l JOIN node AS r ON r.n = l.n + 1 WHERE l.n % 2 = 0;
        DROP TABLE node;
        ALTER TABLE above RENAME TO node;
    END LOOP;
    INSERT INTO ledger.tile (level, number, root) SELECT to_level, n, hash FROM node ORDER BY n;
    DROP TABLE node;
END $$;
SELECT pg_temp.fill_level(0);
SELECT pg_temp.fill_level(1);
SELECT pg_temp.fill_level(2);
COMMIT;
VACUUM ANALYZE ledger.entry, ledger.body, ledger.tile, outcomes.result;
CHECKPOINT;
