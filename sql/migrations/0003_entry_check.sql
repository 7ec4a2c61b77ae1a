-- The same check at less cost. A function in SQL that is not inlined is planned anew in each transaction, and ledger.origin() was called once
-- for each batch: 0.1 ms. A query of the trigger's own keeps its plan for the session.
CREATE OR REPLACE FUNCTION ledger.entry_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin text;
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
    SELECT b.body::json ->> 'origin' INTO origin FROM ledger.body AS b WHERE b.seq = 0;
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
