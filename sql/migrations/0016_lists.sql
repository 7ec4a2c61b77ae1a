-- Lists are for a reader, and a page of one costs what the reader finds on it: what is open is found by indexes of what is open, and what is not by
-- the contracts that the reader reads. What somebody may not read is not gone through, so that nobody waits for it, and no cursor tells of it.
--
-- The lists' statements compare and order by all columns of the index that they mean, and no other begins with the same: no estimate of how much
-- is open, or whose, makes the server prefer another.

-- ---- what is open ----

ALTER TABLE outcomes.result ADD COLUMN is_open boolean NOT NULL GENERATED ALWAYS AS (only_in IS NULL) STORED;
COMMENT ON COLUMN outcomes.result.is_open IS 'It is everybody''s: only_in is NULL';
DROP INDEX outcomes.result_author, outcomes.result_indicator, outcomes.result_figure;
CREATE INDEX result_open ON outcomes.result (is_open, seq, item);
COMMENT ON INDEX outcomes.result_open IS 'All results, for anybody, a page at a time';
CREATE INDEX result_author ON outcomes.result (author, is_open, seq, item);
COMMENT ON INDEX outcomes.result_author IS 'Lists by author, and what is an author''s own: new rows come last for each author, so that it stays in memory';
CREATE INDEX result_indicator ON outcomes.result (indicator, version, is_open, seq, item) WHERE indicator IS NOT NULL;
COMMENT ON INDEX outcomes.result_indicator IS 'What a contract needs to be evaluated, and lists by indicator or contract';
CREATE INDEX result_figure ON outcomes.result (contract, is_open, seq, item) WHERE contract IS NOT NULL;
COMMENT ON INDEX outcomes.result_figure IS 'The figures of a contract; other results are not in it';
CREATE INDEX result_erased ON outcomes.result (only_in, indicator, version, seq, item) WHERE only_in = '' AND indicator IS NOT NULL;
COMMENT ON INDEX outcomes.result_erased IS 'Results that were open until their bodies, or those that they replace, were erased: for who has a metric of them';
CREATE INDEX result_erased_figure ON outcomes.result (only_in, contract, metric, seq, item) WHERE only_in = '' AND contract IS NOT NULL;
COMMENT ON INDEX outcomes.result_erased_figure IS 'The same of figures';

ALTER TABLE outcomes.payment ADD COLUMN is_open boolean;
UPDATE outcomes.payment AS p SET is_open = NOT EXISTS (SELECT FROM outcomes.concern AS c WHERE c.seq = p.seq);
ALTER TABLE outcomes.payment ALTER COLUMN is_open SET NOT NULL;
COMMENT ON COLUMN outcomes.payment.is_open IS 'Its entry concerns no contract that is not open: it is everybody''s';
DROP INDEX outcomes.payment_from, outcomes.payment_to;
CREATE INDEX payment_open ON outcomes.payment (is_open, seq);
COMMENT ON INDEX outcomes.payment_open IS 'All payments, for anybody, a page at a time';
CREATE INDEX payment_from ON outcomes.payment (from_actor, is_open, seq);
COMMENT ON INDEX outcomes.payment_from IS 'What an actor owes, a page at a time';
CREATE INDEX payment_to ON outcomes.payment (to_actor, is_open, seq);
COMMENT ON INDEX outcomes.payment_to IS 'What is owed to an actor, a page at a time';

ALTER TABLE outcomes.dispute ADD COLUMN is_open boolean;
UPDATE outcomes.dispute AS d SET is_open = NOT EXISTS (SELECT FROM outcomes.concern AS c WHERE c.seq = d.seq);
ALTER TABLE outcomes.dispute ALTER COLUMN is_open SET NOT NULL;
COMMENT ON COLUMN outcomes.dispute.is_open IS 'Its entry concerns no contract that is not open, and no result that is not: it is everybody''s';
DROP INDEX outcomes.dispute_contract, outcomes.dispute_result;
CREATE INDEX dispute_contract ON outcomes.dispute (is_open, contract, seq) WHERE reason <> '';
COMMENT ON INDEX outcomes.dispute_contract IS 'The disputes of a contract, a page at a time: one row of each statement has its reason';
CREATE INDEX dispute_result ON outcomes.dispute (result_seq, is_open, seq) WHERE reason <> '';
COMMENT ON INDEX outcomes.dispute_result IS 'The disputes of a statement''s results, a page at a time';

-- ---- whose contracts ----

CREATE INDEX contract_open ON outcomes.contract (open, id);
COMMENT ON INDEX outcomes.contract_open IS 'All contracts, for anybody, a page at a time';

ALTER TABLE outcomes.party ADD COLUMN is_open boolean NOT NULL DEFAULT false;
UPDATE outcomes.party AS p SET is_open = c.open FROM outcomes.contract AS c WHERE c.id = p.contract;
COMMENT ON COLUMN outcomes.party.is_open IS 'The contract is open';
CREATE INDEX party_actor_open ON outcomes.party (is_open, actor, contract);
COMMENT ON INDEX outcomes.party_actor_open IS 'The contracts of an actor, for anybody, a page at a time';

ALTER TABLE outcomes.amendment_signer ADD COLUMN is_open boolean NOT NULL DEFAULT false;
UPDATE outcomes.amendment_signer AS s SET is_open = c.open FROM outcomes.contract AS c WHERE c.id = s.contract;
COMMENT ON COLUMN outcomes.amendment_signer.is_open IS 'The contract is open';
CREATE INDEX amendment_signer_open ON outcomes.amendment_signer (is_open, actor, contract) WHERE NOT is_leaving;
COMMENT ON INDEX outcomes.amendment_signer_open IS 'The contracts of an actor, for anybody, a page at a time';

ALTER TABLE outcomes.accession ADD COLUMN is_open boolean NOT NULL DEFAULT false;
UPDATE outcomes.accession AS a SET is_open = c.open FROM outcomes.contract AS c WHERE c.id = a.contract;
COMMENT ON COLUMN outcomes.accession.is_open IS 'The contract is open';
CREATE INDEX accession_open ON outcomes.accession (is_open, actor, contract);
COMMENT ON INDEX outcomes.accession_open IS 'The contracts of an actor, for anybody, a page at a time';

-- As before (0012), but its columns are text: a cast to a domain with a CHECK kept the indexes of accession from being used, so that each answer
-- to who may read what went through all of that table.
DROP VIEW outcomes.reading_party;
CREATE VIEW outcomes.reading_party AS
SELECT p.contract::text AS contract, p.actor::text AS actor, 0::bigint AS since FROM outcomes.party AS p
UNION ALL
SELECT s.contract::text, s.actor::text, a.seq::bigint
  FROM outcomes.amendment_signer AS s
  JOIN outcomes.amendment AS a ON a.seq = s.amendment_seq
 WHERE NOT s.is_leaving
   AND (a.in_force_seq IS NOT NULL
        OR NOT EXISTS (SELECT FROM outcomes.amendment AS b
                        WHERE b.contract = a.contract AND b.version >= a.version AND b.in_force_seq IS NOT NULL))
UNION ALL
SELECT j.contract::text, j.actor::text, j.seq::bigint FROM outcomes.accession AS j;
COMMENT ON VIEW outcomes.reading_party IS 'Who is, was, or is asked to become a party of a contract, or has joined it; and since which entry';
COMMENT ON COLUMN outcomes.reading_party.contract IS 'The contract';
COMMENT ON COLUMN outcomes.reading_party.actor IS 'The actor';
COMMENT ON COLUMN outcomes.reading_party.since IS 'The entry that names it: amendment or accession; 0 for those that the contract was proposed with';
ALTER VIEW outcomes.reading_party OWNER TO tally_owner;
GRANT SELECT ON outcomes.reading_party TO tally_service;

-- ---- what concerns a contract ----

ALTER TABLE outcomes.concern ADD COLUMN is_result boolean NOT NULL DEFAULT false;
UPDATE outcomes.concern AS c SET is_result = true
 WHERE EXISTS (SELECT FROM outcomes.result AS r WHERE r.seq = c.seq);
COMMENT ON COLUMN outcomes.concern.is_result IS 'The entry is a statement of results';
DROP INDEX outcomes.concern_contract;
CREATE INDEX concern_result ON outcomes.concern (contract, seq) WHERE is_result;
COMMENT ON INDEX outcomes.concern_result IS 'The results that are not open and count in a contract: for its parties, a page at a time; and whether there are any';

CREATE FUNCTION outcomes.party_since(contract text, reader text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT min(p.since) FROM outcomes.reading_party AS p WHERE p.actor = reader AND p.contract = party_since.contract);
END
$$;
COMMENT ON FUNCTION outcomes.party_since(text, text)
    IS 'From which entry on this actor reads what concerns the contract and is not open; NULL: it is none of its parties';

CREATE FUNCTION outcomes.reads_since(contract text, reader text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT CASE WHEN c.open THEN 0 ELSE outcomes.party_since(c.id, reader) END
              FROM outcomes.contract AS c WHERE c.id = reads_since.contract);
END
$$;
COMMENT ON FUNCTION outcomes.reads_since(text, text)
    IS 'From which entry on this actor (NULL: nobody in particular) reads the contract''s own entries; NULL: there is no such contract, as far as it may know';

ALTER FUNCTION outcomes.party_since(text, text) OWNER TO tally_owner;
ALTER FUNCTION outcomes.reads_since(text, text) OWNER TO tally_owner;
REVOKE ALL ON FUNCTION outcomes.party_since(text, text), outcomes.reads_since(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outcomes.party_since(text, text), outcomes.reads_since(text, text) TO tally_service;
