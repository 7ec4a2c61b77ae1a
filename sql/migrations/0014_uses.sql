-- Contracts that use other contracts (language.md U), and what they take of them. The same rules as 0002.

CREATE TABLE outcomes.contract_use (
    contract outcomes.id,
    text_seq outcomes.seq,
    place outcomes.place,
    used outcomes.id NOT NULL,
    used_version integer NOT NULL CHECK (used_version >= 1),
    as_amended boolean NOT NULL,
    PRIMARY KEY (contract, text_seq, place)
);
COMMENT ON TABLE outcomes.contract_use IS 'Which text uses which other contract';
COMMENT ON COLUMN outcomes.contract_use.contract IS 'The contract that uses it';
COMMENT ON COLUMN outcomes.contract_use.text_seq IS 'Entry that proposed the text, which may not be in force';
COMMENT ON COLUMN outcomes.contract_use.place IS 'Place of the declaration among those of the text';
COMMENT ON COLUMN outcomes.contract_use.used IS 'The contract that is used';
COMMENT ON COLUMN outcomes.contract_use.used_version IS 'Its version that is meant';
COMMENT ON COLUMN outcomes.contract_use.as_amended IS 'The text in force is followed, not only that version';
CREATE INDEX contract_use_used ON outcomes.contract_use (used);
COMMENT ON INDEX outcomes.contract_use_used IS 'Who uses a contract, and so is evaluated after it';

CREATE TABLE outcomes.figure (
    contract outcomes.name,
    identity outcomes.hash,
    version integer NOT NULL CHECK (version >= 1),
    metric outcomes.name NOT NULL,
    key text NOT NULL,
    standing text NOT NULL CHECK (standing IN ('known', 'unknown', 'blocked')),
    value text NOT NULL,
    reason text NOT NULL,
    was_known boolean NOT NULL,
    PRIMARY KEY (contract, identity)
) WITH (fillfactor = 80);
COMMENT ON TABLE outcomes.figure IS 'What a contract takes of others, as their last evaluations gave it. standing, value, reason and was_known are updated';
COMMENT ON COLUMN outcomes.figure.contract IS 'The contract that takes it';
COMMENT ON COLUMN outcomes.figure.identity IS 'SHA-256 of version|metric|key: a key of many dimensions may be too long for an index';
COMMENT ON COLUMN outcomes.figure.version IS 'Of its terms whose metric it is';
COMMENT ON COLUMN outcomes.figure.metric IS 'Its metric';
COMMENT ON COLUMN outcomes.figure.key IS 'Members of the metric''s dimensions, joined by |';
COMMENT ON COLUMN outcomes.figure.standing IS 'known; unknown; or unknown for a dispute or a fault there, so that no default holds (blocked)';
COMMENT ON COLUMN outcomes.figure.value IS 'Exact; empty unless known';
COMMENT ON COLUMN outcomes.figure.reason IS 'Why it is not known; empty if it is';
COMMENT ON COLUMN outcomes.figure.was_known IS 'Was it known at the end of until, or is it so far? (language.md U4)';

CREATE INDEX contract_version_hash ON outcomes.contract (version_hash);
COMMENT ON INDEX outcomes.contract_version_hash IS 'What a proposed text means by the hash of a version that it uses';
CREATE INDEX contract_terms_hash ON outcomes.contract (terms_hash);
COMMENT ON INDEX outcomes.contract_terms_hash IS 'The same by the hash of a text';
CREATE INDEX amendment_version_hash ON outcomes.amendment (version_hash) WHERE in_force_seq IS NOT NULL;
COMMENT ON INDEX outcomes.amendment_version_hash IS 'The same of amendments';
CREATE INDEX amendment_terms_hash ON outcomes.amendment (terms_hash) WHERE in_force_seq IS NOT NULL;
COMMENT ON INDEX outcomes.amendment_terms_hash IS 'The same by the hash of a text';

ALTER TABLE outcomes.contract_use OWNER TO tally_owner;
ALTER TABLE outcomes.figure OWNER TO tally_owner;
GRANT SELECT, INSERT ON outcomes.contract_use, outcomes.figure TO tally_service;
GRANT UPDATE (standing, value, reason, was_known) ON outcomes.figure TO tally_service;
