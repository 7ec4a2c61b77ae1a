-- The newest entry body.erased by which a body is gone; -1: none is.
SELECT coalesce(max(x.by_seq), -1)::bigint FROM ledger.erasure AS x
