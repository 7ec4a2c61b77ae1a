-- What a contract takes of another says whether results that are not open count there: a list of what follows from it is as little for
-- everybody as one of such results. And the hash of how a payment came to its amount goes with what it is of: whoever knows the terms could
-- guess what was erased, and see whether it fits. The same rules as 0002.

ALTER TABLE outcomes.figure ADD COLUMN has_closed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN outcomes.figure.has_closed IS 'Results that are not open count where it comes from, in the used contract or in one that that uses';
COMMENT ON TABLE outcomes.figure
    IS 'What a contract takes of others, as their last evaluations gave it. standing, value, reason, was_known and has_closed are updated';
GRANT UPDATE (has_closed) ON outcomes.figure TO tally_service;
WITH RECURSIVE taker AS (
    SELECT u.contract FROM outcomes.contract_use AS u
     WHERE EXISTS (SELECT FROM outcomes.concern AS n WHERE n.contract = u.used AND n.is_result)
    UNION
    SELECT u.contract FROM taker AS t JOIN outcomes.contract_use AS u ON u.used = t.contract
)
UPDATE outcomes.figure AS f SET has_closed = true WHERE f.contract IN (SELECT t.contract FROM taker AS t);

ALTER TABLE outcomes.explanation ALTER COLUMN hash DROP NOT NULL;
UPDATE outcomes.explanation AS x SET hash = NULL WHERE x.body = '';
ALTER TABLE outcomes.explanation ADD CONSTRAINT explanation_erased CHECK ((hash IS NULL) = (body = ''));
COMMENT ON COLUMN outcomes.explanation.hash
    IS 'As the first list of the payment names it: SHA-256 of "tally/explanation/v1", a line feed and body. NULL: erased with the body';
COMMENT ON COLUMN outcomes.explanation.body
    IS 'Canonical JSON, byte for byte what the hash is of (contracts/README.md says what is in it). Empty: a list of the payment was erased';

-- As before (0009), but the hash goes, too.
CREATE OR REPLACE FUNCTION outcomes.erase(entry bigint, by_seq bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    payment bigint; -- the one of whose lists it is
BEGIN
    INSERT INTO outcomes.erasure (entry, seq) VALUES (erase.entry, erase.by_seq);
    INSERT INTO outcomes.concern (seq, contract)
    SELECT by_seq + 1, c.contract FROM outcomes.concern AS c WHERE c.seq = erase.entry;
    UPDATE outcomes.result AS r SET only_in = '' WHERE r.seq = erase.entry AND r.only_in IS NULL;
    UPDATE outcomes.dispute AS d SET reason = 'erased' WHERE d.seq = erase.entry AND d.reason <> '';
    UPDATE outcomes.settlement AS s SET reference = 'erased' WHERE s.seq = erase.entry;
    SELECT n.seq INTO payment
      FROM (SELECT p.seq, p.itemised_seq FROM outcomes.payment AS p
             WHERE p.seq > erase.entry ORDER BY p.seq LIMIT 1) AS n
     WHERE n.itemised_seq <= erase.entry;
    UPDATE outcomes.payment_item AS i SET key = '' WHERE i.payment_seq = payment;
    UPDATE outcomes.explanation AS x SET body = '', hash = NULL WHERE x.payment_seq = payment;
END
$$;
