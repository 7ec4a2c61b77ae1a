-- All that is kept of what witnesses have cosigned, the newest first.
SELECT c.witness, c.is_quorum, c.size, c.root, c.line FROM ledger.cosignature AS c ORDER BY c.size DESC, c.witness, c.is_quorum
