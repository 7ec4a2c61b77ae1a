-- Whether who reports somebody new may find that others came before (language.md S7): only then are a contract's people looked at for a reader.

ALTER TABLE outcomes.contract ADD COLUMN is_full boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN outcomes.contract.is_full IS 'An open dimension had all its members when the contract was evaluated last';
COMMENT ON TABLE outcomes.contract IS 'Outcome contracts. state, activated_seq, closed_seq, next_moment, next_first and is_full are updated';
GRANT UPDATE (is_full) ON outcomes.contract TO tally_service;
