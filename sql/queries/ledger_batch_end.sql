-- How many entries there were when the batch of entry $1 was committed: all of a batch have one time, and no two batches have the same.
SELECT coalesce((SELECT n.seq FROM ledger.entry AS n WHERE n.seq > e.seq AND n."time" > e."time" ORDER BY n.seq LIMIT 1)::bigint,
                (SELECT max(l.seq) FROM ledger.entry AS l)::bigint + 1)
  FROM ledger.entry AS e WHERE e.seq = $1::bigint
