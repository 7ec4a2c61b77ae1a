-- Who joined which class of parties of a contract (language.md section 4). The same rules as 0002: a projection, no foreign keys, no row is
-- ever deleted, nothing here is updated.

CREATE TABLE outcomes.accession (
    contract outcomes.name,
    seq outcomes.seq,
    class outcomes.name NOT NULL,
    actor outcomes.name NOT NULL,
    kid outcomes.kid NOT NULL,
    PRIMARY KEY (contract, seq)
);
COMMENT ON TABLE outcomes.accession IS 'Who joined which class of parties of a contract';
COMMENT ON COLUMN outcomes.accession.contract IS 'The contract';
COMMENT ON COLUMN outcomes.accession.seq IS 'Entry contract.acceded';
COMMENT ON COLUMN outcomes.accession.class IS 'The class, as the text names it; 64 characters at most, as all names of a proposal';
COMMENT ON COLUMN outcomes.accession.actor IS 'Who joined, under this name as a member of the class';
COMMENT ON COLUMN outcomes.accession.kid IS 'The key that signed it';
CREATE UNIQUE INDEX accession_once ON outcomes.accession (contract, class, actor);
COMMENT ON INDEX outcomes.accession_once IS 'An actor joins a class once';
CREATE INDEX accession_actor ON outcomes.accession (actor, contract);
COMMENT ON INDEX outcomes.accession_actor IS 'The contracts of an actor, a page at a time';

ALTER TABLE outcomes.accession OWNER TO tally_owner;
GRANT SELECT, INSERT ON outcomes.accession TO tally_service;
