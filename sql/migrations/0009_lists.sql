-- A payment's instances may stand in several lists, one entry after the other before it. When the body of one of them is erased, the
-- tables forget the keys of all: they do not say which list an instance stands in.

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
    UPDATE outcomes.explanation AS x SET body = '' WHERE x.payment_seq = payment;
END
$$;
