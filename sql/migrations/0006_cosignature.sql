-- What witnesses have cosigned (design: formats.md, Checkpoint). It is no part of the ledger: each row can be verified by itself, and is of use
-- as long as nothing newer is there. So a witness has two rows, which are written over: its newest cosignature, and that of the newest
-- checkpoint that enough witnesses have cosigned.

CREATE TABLE ledger.cosignature (
    witness text NOT NULL COLLATE "C" CHECK (octet_length(witness) <= 256),
    is_quorum boolean NOT NULL,
    size ledger.seq NOT NULL CHECK (size > 0),
    root ledger.hash NOT NULL,
    seconds bigint NOT NULL CHECK (seconds >= 0),
    line text NOT NULL CHECK (octet_length(line) <= 512),
    PRIMARY KEY (witness, is_quorum)
);
COMMENT ON TABLE ledger.cosignature IS 'The newest cosignatures of each witness, as they were verified. INSERT, UPDATE and SELECT only';
COMMENT ON COLUMN ledger.cosignature.witness IS 'Its verifier key';
COMMENT ON COLUMN ledger.cosignature.is_quorum IS 'Of the newest checkpoint that as many have cosigned as the policy asks; otherwise the witness''s newest';
COMMENT ON COLUMN ledger.cosignature.size IS 'Of the checkpoint: so many entries it covers';
COMMENT ON COLUMN ledger.cosignature.root IS 'Of the checkpoint: the root of the tree over them';
COMMENT ON COLUMN ledger.cosignature.seconds IS 'When the witness says that it saw this, since 1970';
COMMENT ON COLUMN ledger.cosignature.line IS 'The signature line of the note, with its line end';

CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON ledger.cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.cosignature ENABLE ALWAYS TRIGGER refuse_removal;
COMMENT ON TRIGGER refuse_removal ON ledger.cosignature IS 'Stops mistakes; what a witness remembers speaks to an owner who switches it off';

ALTER TABLE ledger.cosignature OWNER TO tally_owner;
GRANT SELECT, INSERT, UPDATE ON ledger.cosignature TO tally_service;
