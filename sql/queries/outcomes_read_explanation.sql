-- How payment $1 came to its amount, byte for byte as when it was triggered; no row when nothing was kept.
SELECT x.body AS json FROM outcomes.explanation AS x WHERE x.payment_seq = $1::bigint;
