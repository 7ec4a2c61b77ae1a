-- The bodies of a batch; before its entries, since entry 0's check reads its body.
INSERT INTO ledger.body (seq, nonce, jws, body)
SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[])
