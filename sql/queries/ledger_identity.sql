-- What entry 0 says the ledger is called, and its verifier key.
SELECT b.body::json ->> 'origin', b.body::json ->> 'vkey' FROM ledger.body AS b WHERE b.seq = 0
