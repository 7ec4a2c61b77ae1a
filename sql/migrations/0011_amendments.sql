-- Texts that amend a contract's (language.md V): proposed, signed by the parties, in force. The same rules as 0002: projections, no foreign
-- keys, no row is ever deleted; only what changes may be updated.

CREATE TABLE outcomes.amendment (
    seq outcomes.seq PRIMARY KEY,
    contract outcomes.id NOT NULL,
    version integer NOT NULL CHECK (version >= 2),
    title text NOT NULL,
    text text NOT NULL,
    version_hash outcomes.hash NOT NULL,
    terms_hash outcomes.hash NOT NULL,
    manifest text NOT NULL,
    proposed_by outcomes.id NOT NULL,
    in_force_seq outcomes.seq CHECK (in_force_seq > seq)
) WITH (fillfactor = 90);
COMMENT ON TABLE outcomes.amendment IS 'Texts that amend a contract. in_force_seq is updated';
COMMENT ON COLUMN outcomes.amendment.seq IS 'Entry contract.amendment_proposed';
COMMENT ON COLUMN outcomes.amendment.contract IS 'The contract';
COMMENT ON COLUMN outcomes.amendment.version IS 'Of the contract, from 2; of two that amend the same text one comes into force';
COMMENT ON COLUMN outcomes.amendment.title IS 'What it calls the contract';
COMMENT ON COLUMN outcomes.amendment.text IS 'The terms, byte for byte';
COMMENT ON COLUMN outcomes.amendment.version_hash IS 'What the parties sign (formats.md, Contract version)';
COMMENT ON COLUMN outcomes.amendment.terms_hash IS 'SHA-256 of text';
COMMENT ON COLUMN outcomes.amendment.manifest IS 'The canonical JSON whose hash version_hash is';
COMMENT ON COLUMN outcomes.amendment.proposed_by IS 'The actor that proposed it';
COMMENT ON COLUMN outcomes.amendment.in_force_seq IS 'Entry contract.amended; NULL until then, or for ever';
CREATE INDEX amendment_contract ON outcomes.amendment (contract, seq);
COMMENT ON INDEX outcomes.amendment_contract IS 'The amendments of a contract, all or a page at a time';
CREATE UNIQUE INDEX amendment_in_force ON outcomes.amendment (contract, version) WHERE in_force_seq IS NOT NULL;
COMMENT ON INDEX outcomes.amendment_in_force IS 'The text in force: the last of a contract; one of each version';

CREATE TABLE outcomes.amendment_signer (
    amendment_seq outcomes.seq,
    place outcomes.place,
    contract outcomes.id NOT NULL,
    party outcomes.name NOT NULL,
    role text NOT NULL,
    label text NOT NULL,
    actor outcomes.id NOT NULL,
    kid outcomes.kid NOT NULL,
    is_leaving boolean NOT NULL,
    signed_seq outcomes.seq,
    PRIMARY KEY (amendment_seq, place)
) WITH (fillfactor = 90);
COMMENT ON TABLE outcomes.amendment_signer IS 'Who signs an amendment: the parties of its text, and those that it replaces. signed_seq is updated';
COMMENT ON COLUMN outcomes.amendment_signer.amendment_seq IS 'The amendment';
COMMENT ON COLUMN outcomes.amendment_signer.place IS 'The party''s place in the text; those that leave come after all of it';
COMMENT ON COLUMN outcomes.amendment_signer.contract IS 'The contract';
COMMENT ON COLUMN outcomes.amendment_signer.party IS 'Its name in the text';
COMMENT ON COLUMN outcomes.amendment_signer.role IS 'outcome payer, investor, evaluator, ...';
COMMENT ON COLUMN outcomes.amendment_signer.label IS 'What the text calls it in full';
COMMENT ON COLUMN outcomes.amendment_signer.actor IS 'The actor that it is';
COMMENT ON COLUMN outcomes.amendment_signer.kid IS 'The key that the other parties have compared';
COMMENT ON COLUMN outcomes.amendment_signer.is_leaving IS 'Signs for the text that is amended alone: its party no more, or a member of a class';
COMMENT ON COLUMN outcomes.amendment_signer.signed_seq IS 'Entry of its signature; NULL until then';
CREATE INDEX amendment_signer_contract ON outcomes.amendment_signer (contract);
COMMENT ON INDEX outcomes.amendment_signer_contract IS 'All of a contract, when it is loaded';
CREATE INDEX amendment_signer_actor ON outcomes.amendment_signer (actor, contract) WHERE NOT is_leaving;
COMMENT ON INDEX outcomes.amendment_signer_actor IS 'The contracts of an actor, a page at a time';

-- ---- of which text ----

ALTER TABLE outcomes.contract_metric ADD COLUMN text_seq outcomes.seq;
UPDATE outcomes.contract_metric AS m SET text_seq = c.seq FROM outcomes.contract AS c WHERE c.id = m.contract;
ALTER TABLE outcomes.contract_metric
    DROP CONSTRAINT contract_metric_pkey,
    ADD CONSTRAINT contract_metric_pkey PRIMARY KEY (contract, text_seq, place);
COMMENT ON COLUMN outcomes.contract_metric.text_seq IS 'Entry that proposed the text: of the contract, or of an amendment, which may not be in force';

ALTER TABLE outcomes.final ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version >= 1);
COMMENT ON COLUMN outcomes.final.version IS 'Of the contract''s terms whose metric it is';

ALTER TABLE outcomes.amendment OWNER TO tally_owner;
ALTER TABLE outcomes.amendment_signer OWNER TO tally_owner;
GRANT SELECT, INSERT ON outcomes.amendment, outcomes.amendment_signer TO tally_service;
GRANT UPDATE (in_force_seq) ON outcomes.amendment TO tally_service;
GRANT UPDATE (signed_seq) ON outcomes.amendment_signer TO tally_service;

-- ---- who reads what is not open ----

-- Also the parties of an amendment, once it is in force, and while it waits for their signatures: they sign what they have read.
CREATE VIEW outcomes.reading_party AS
SELECT p.contract, p.actor FROM outcomes.party AS p
UNION ALL
SELECT s.contract, s.actor
  FROM outcomes.amendment_signer AS s
  JOIN outcomes.amendment AS a ON a.seq = s.amendment_seq
 WHERE NOT s.is_leaving
   AND (a.in_force_seq IS NOT NULL
        OR NOT EXISTS (SELECT FROM outcomes.amendment AS b
                        WHERE b.contract = a.contract AND b.version >= a.version AND b.in_force_seq IS NOT NULL));
COMMENT ON VIEW outcomes.reading_party IS 'Who is, was, or is asked to become a party of a contract';

CREATE OR REPLACE FUNCTION outcomes.reads(entry bigint, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN reader IS NOT NULL AND (
        EXISTS (SELECT FROM outcomes.concern AS c
                  JOIN outcomes.reading_party AS p ON p.contract = c.contract AND p.actor = reader
                 WHERE c.seq = entry)
        OR EXISTS (SELECT FROM outcomes.erasure AS x
                     JOIN outcomes.result AS r ON r.seq = x.entry AND r.only_in = ''
                     JOIN outcomes.contract_metric AS m
                       ON m.indicator = r.indicator AND m.indicator_version = r.version
                          OR m.contract = r.contract AND m.metric = r.metric
                     JOIN outcomes.reading_party AS p ON p.contract = m.contract AND p.actor = reader
                    WHERE x.entry = reads.entry OR x.seq = reads.entry - 1));
END
$$;

CREATE OR REPLACE FUNCTION outcomes.is_party(contract text, reader text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM outcomes.reading_party AS p WHERE p.actor = reader AND p.contract = is_party.contract);
END
$$;

ALTER VIEW outcomes.reading_party OWNER TO tally_owner;
GRANT SELECT ON outcomes.reading_party TO tally_service;
