-- The tree over the entries, and the checkpoints that were published of it (design: formats.md, Tree and Checkpoint).
-- A tile's 256 hashes are those of entries (level 0) or the roots of the 256 tiles below it, so that nothing is held twice: one row
-- here for each tile that is full, and what is behind the last full one is found among those below.

CREATE TABLE ledger.tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 6),
    number bigint NOT NULL CHECK (number >= 0),
    root ledger.hash NOT NULL,
    PRIMARY KEY (level, number)
);
COMMENT ON TABLE ledger.tile IS 'One row a full tile of the RFC 6962 tree: the root of the 256^(level+1) entries under it. INSERT and SELECT only';
COMMENT ON COLUMN ledger.tile.level IS '0: its hashes are those of entries; otherwise the roots of tiles of the level below';
COMMENT ON COLUMN ledger.tile.number IS 'Its place: it stands over the entries from number * 256^(level+1) on';
COMMENT ON COLUMN ledger.tile.root IS 'MTH of those entries';

CREATE TABLE ledger.checkpoint (
    size ledger.seq PRIMARY KEY CHECK (size > 0),
    root ledger.hash NOT NULL,
    note text NOT NULL
);
COMMENT ON TABLE ledger.checkpoint IS 'Every checkpoint that was published, from before it was shown to anybody. INSERT and SELECT only';
COMMENT ON COLUMN ledger.checkpoint.size IS 'So many entries it covers';
COMMENT ON COLUMN ledger.checkpoint.root IS 'The root of the tree over them';
COMMENT ON COLUMN ledger.checkpoint.note IS 'The signed note';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.tile
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.tile ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE ledger.checkpoint ENABLE ALWAYS TRIGGER refuse_change;
COMMENT ON TRIGGER refuse_change ON ledger.tile IS 'Stops mistakes; an owner can switch it off, and the checkpoints speak to that';
COMMENT ON TRIGGER refuse_change ON ledger.checkpoint IS 'Stops mistakes; an owner can switch it off, and the copies outside the database speak to that';

-- Layer by layer; what has no right neighbour goes up as it is, which is RFC 6962's rule for any number of leaves.
CREATE FUNCTION ledger.mth(hashes bytea[]) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    layer bytea[] := hashes;
BEGIN
    IF cardinality(layer) = 0 THEN
        RETURN sha256(''::bytea);
    END IF;
    WHILE cardinality(layer) > 1 LOOP
        layer := ARRAY(SELECT CASE WHEN p.neighbour IS NULL THEN p.hash ELSE sha256('\x01'::bytea || p.hash || p.neighbour) END
                         FROM (SELECT u.hash, lead(u.hash) OVER (ORDER BY u.place) AS neighbour, u.place
                                 FROM unnest(layer) WITH ORDINALITY AS u (hash, place)) AS p
                        WHERE p.place % 2 = 1 ORDER BY p.place);
    END LOOP;
    RETURN layer[1];
END
$$;
COMMENT ON FUNCTION ledger.mth(bytea[]) IS 'RFC 6962 Merkle tree hash over these leaf hashes, in order';

CREATE FUNCTION ledger.tree_root(tree_size bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger.mth(ARRAY(SELECT e.hash::bytea FROM ledger.entry AS e WHERE e.seq < tree_size ORDER BY e.seq));
COMMENT ON FUNCTION ledger.tree_root(bigint)
    IS 'The root of the tree over the first entries, recomputed from their hashes alone: what a checkpoint of that size must say';

CREATE FUNCTION ledger.tile_root(tile_level integer, tile_number bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN tile_level = 0
    THEN ledger.mth(ARRAY(SELECT e.hash::bytea FROM ledger.entry AS e
                           WHERE e.seq >= tile_number * 256 AND e.seq < tile_number * 256 + 256 ORDER BY e.seq))
    ELSE ledger.mth(ARRAY(SELECT t.root::bytea FROM ledger.tile AS t
                           WHERE t.level = tile_level - 1 AND t.number >= tile_number * 256
                             AND t.number < tile_number * 256 + 256 ORDER BY t.number)) END;
COMMENT ON FUNCTION ledger.tile_root(integer, bigint) IS 'What the row of this tile must say, recomputed from what is below it';

-- Each level's full tiles there must be, and those there are, side by side.
CREATE FUNCTION ledger.verify_tree() RETURNS TABLE (code text, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH size AS (SELECT coalesce(max(e.seq)::bigint + 1, 0) AS size FROM ledger.entry AS e),
    wanted AS (
        SELECT l.level, n.number FROM size AS s CROSS JOIN generate_series(0, 6) AS l (level)
         CROSS JOIN LATERAL generate_series(0, div(s.size, 256::numeric ^ (l.level + 1))::bigint - 1) AS n (number)
    )
    SELECT CASE WHEN t.number IS NULL THEN 'tile.missing' WHEN w.number IS NULL THEN 'tile.extra' ELSE 'tile.root' END,
           'tile ' || coalesce(t.number, w.number) || ' of level ' || coalesce(t.level::integer, w.level)
      FROM wanted AS w FULL JOIN ledger.tile AS t ON t.level = w.level AND t.number = w.number
     WHERE t.number IS NULL OR w.number IS NULL OR t.root <> ledger.tile_root(t.level::integer, t.number)
    UNION ALL
    SELECT 'checkpoint.size', 'a checkpoint of size ' || c.size || ' was published, and there are ' || s.size || ' entries'
      FROM ledger.checkpoint AS c, size AS s WHERE c.size > s.size
    UNION ALL
    SELECT 'checkpoint.root', 'the root of the first ' || c.size || ' entries is not the one that was published'
      FROM (SELECT * FROM ledger.checkpoint AS n ORDER BY n.size DESC LIMIT 1) AS c, size AS s
     WHERE c.size <= s.size AND c.root <> ledger.tree_root(c.size)
    ORDER BY 1, 2;
END;
COMMENT ON FUNCTION ledger.verify_tree()
    IS 'One row for each tile, and for the newest checkpoint, that does not agree with the entries; none: they agree. Reads all of them';

-- Entries from before there was a tree.
INSERT INTO ledger.tile (level, number, root)
SELECT 0, n.number, ledger.tile_root(0, n.number)
  FROM generate_series(0, coalesce((SELECT max(e.seq) + 1 FROM ledger.entry AS e), 0) / 256 - 1) AS n (number);
INSERT INTO ledger.tile (level, number, root)
SELECT 1, n.number, ledger.tile_root(1, n.number)
  FROM generate_series(0, (SELECT count(*) FROM ledger.tile AS t WHERE t.level = 0) / 256 - 1) AS n (number);
INSERT INTO ledger.tile (level, number, root)
SELECT 2, n.number, ledger.tile_root(2, n.number)
  FROM generate_series(0, (SELECT count(*) FROM ledger.tile AS t WHERE t.level = 1) / 256 - 1) AS n (number);

ALTER TABLE ledger.tile OWNER TO tally_owner;
ALTER TABLE ledger.checkpoint OWNER TO tally_owner;
ALTER FUNCTION ledger.mth(bytea[]) OWNER TO tally_owner;
ALTER FUNCTION ledger.tree_root(bigint) OWNER TO tally_owner;
ALTER FUNCTION ledger.tile_root(integer, bigint) OWNER TO tally_owner;
ALTER FUNCTION ledger.verify_tree() OWNER TO tally_owner;

REVOKE ALL ON FUNCTION ledger.mth(bytea[]), ledger.tree_root(bigint), ledger.tile_root(integer, bigint), ledger.verify_tree()
    FROM PUBLIC;
GRANT SELECT, INSERT ON ledger.tile, ledger.checkpoint TO tally_service;
GRANT EXECUTE ON FUNCTION ledger.mth(bytea[]), ledger.tree_root(bigint), ledger.tile_root(integer, bigint),
    ledger.verify_tree() TO tally_service;
