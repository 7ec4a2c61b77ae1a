-- How payments came to their amounts (language.md, explanation): what the hash in the entry payment.triggered is of, as it was made when
-- the payment was triggered. Payments of before have none. The same rules as 0002.

CREATE TABLE outcomes.explanation (
    payment_seq outcomes.seq PRIMARY KEY,
    hash outcomes.hash NOT NULL,
    body text NOT NULL
);
COMMENT ON TABLE outcomes.explanation IS 'How a payment came to its amount, as it was when it was triggered';
COMMENT ON COLUMN outcomes.explanation.payment_seq IS 'Entry payment.triggered';
COMMENT ON COLUMN outcomes.explanation.hash IS 'As that entry names it: SHA-256 of "tally/explanation/v1", a line feed and body';
COMMENT ON COLUMN outcomes.explanation.body IS 'Canonical JSON, byte for byte what the hash is of (contracts/README.md says what is in it)';

-- Said again and again in nearly the same words. A PostgreSQL built without lz4 keeps its own, slower method.
DO $$
BEGIN
    ALTER TABLE outcomes.explanation ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

ALTER TABLE outcomes.explanation OWNER TO tally_owner;
GRANT SELECT, INSERT ON outcomes.explanation TO tally_service;
