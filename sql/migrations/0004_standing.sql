-- How results stand: restatements and withdrawals (language.md S2, S5, S6), from when on they are final, disputes and what became of
-- them (F1, F3). The same rules as 0002: projections, no foreign keys, no row is ever deleted, nothing here is updated.

-- ---- chains ----

ALTER TABLE outcomes.result
    ADD COLUMN of_seq outcomes.seq,
    ADD COLUMN of_item outcomes.place,
    ADD COLUMN first_seq outcomes.seq,
    ADD COLUMN first_item outcomes.place,
    ADD COLUMN first_time timestamptz,
    ADD COLUMN is_withdrawal boolean NOT NULL DEFAULT false,
    ADD COLUMN prev_seq bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT result_chain CHECK ((of_seq IS NULL) = (first_seq IS NULL) AND (of_seq IS NULL) = (of_item IS NULL)
        AND (of_seq IS NULL) = (first_item IS NULL) AND (of_seq IS NULL) = (first_time IS NULL)
        AND prev_seq >= 0 AND prev_seq < seq AND (of_seq IS NULL OR of_seq = prev_seq) AND (of_seq IS NOT NULL OR NOT is_withdrawal));
COMMENT ON COLUMN outcomes.result.value IS 'As reported: 91, 60%, 2016-03-01, true, a word; of a withdrawal, what it withdraws';
COMMENT ON COLUMN outcomes.result.of_seq IS 'Statement of the result that this one restates or withdraws; NULL: the first of its chain';
COMMENT ON COLUMN outcomes.result.of_item IS 'Its place in that statement';
COMMENT ON COLUMN outcomes.result.first_seq IS 'Statement of the first of its chain; NULL: itself';
COMMENT ON COLUMN outcomes.result.first_item IS 'Its place in that statement';
COMMENT ON COLUMN outcomes.result.first_time IS 'When that was submitted: whether a chain was in time goes by it';
COMMENT ON COLUMN outcomes.result.is_withdrawal IS 'Once final, nothing counts as reported';
COMMENT ON COLUMN outcomes.result.prev_seq IS 'Statement of the result of its key before it, which it replaces, or which withdrew all; 0: none';
CREATE INDEX result_of ON outcomes.result (of_seq, of_item) WHERE of_seq IS NOT NULL;
COMMENT ON INDEX outcomes.result_of IS 'What replaced a result; results that replace nothing are not in it';
-- The results of a key follow one another, each after one other: no two begin it, and none is replaced twice.
DROP INDEX outcomes.result_key;
CREATE UNIQUE INDEX result_key ON outcomes.result (key, prev_seq);
COMMENT ON INDEX outcomes.result_key IS 'The results of a key: looked up for every result that is submitted';

-- ---- from when on ----

ALTER TABLE outcomes.verification ADD COLUMN "time" timestamptz;
UPDATE outcomes.verification AS v SET "time" = e."time" FROM ledger.entry AS e WHERE e.seq = v.seq;
ALTER TABLE outcomes.verification ALTER COLUMN "time" SET NOT NULL;
COMMENT ON COLUMN outcomes.verification."time" IS 'Of that entry: `final N days later` counts from its day';

ALTER TABLE outcomes.final
    ADD COLUMN first_seq outcomes.seq,
    ADD COLUMN began_seq outcomes.seq,
    ADD COLUMN "time" timestamptz,
    ADD COLUMN is_none boolean NOT NULL DEFAULT false,
    ADD COLUMN replaced text CHECK (replaced <> '');
UPDATE outcomes.final AS f SET first_seq = f.result_seq, began_seq = f.seq, "time" = e."time"
  FROM ledger.entry AS e WHERE e.seq = f.seq;
ALTER TABLE outcomes.final
    ALTER COLUMN first_seq SET NOT NULL,
    ALTER COLUMN began_seq SET NOT NULL,
    ALTER COLUMN "time" SET NOT NULL;
COMMENT ON TABLE outcomes.final IS 'Results that became final for a metric of a contract: the newest of a chain gives the current value (language.md S3, S5)';
COMMENT ON COLUMN outcomes.final.first_seq IS 'Statement of the first result of its chain';
COMMENT ON COLUMN outcomes.final.began_seq IS 'The entry in which the first result of the key became final (S7)';
COMMENT ON COLUMN outcomes.final."time" IS 'From when on: of the entry, or of the moment that was reached';
COMMENT ON COLUMN outcomes.final.is_none IS 'Withdrawn, or annulled by the arbiter: as if nothing had been reported';
COMMENT ON COLUMN outcomes.final.replaced IS 'The arbiter''s value in place of the reported one; NULL: the reported one';
CREATE INDEX final_chain ON outcomes.final (contract, first_seq) WHERE first_seq <> result_seq;
COMMENT ON INDEX outcomes.final_chain IS 'Whether a later result of a chain is final; first results are not in it';

-- ---- disputes ----

CREATE TABLE outcomes.dispute (
    seq outcomes.seq,
    item outcomes.place,
    contract outcomes.name NOT NULL,
    result_seq outcomes.seq NOT NULL,
    actor outcomes.name NOT NULL,
    reason text NOT NULL,
    "time" timestamptz NOT NULL,
    lapses timestamptz,
    PRIMARY KEY (seq, item)
);
COMMENT ON TABLE outcomes.dispute IS 'Results that a party disputes in a contract (language.md F1)';
COMMENT ON COLUMN outcomes.dispute.seq IS 'Entry result.disputed';
COMMENT ON COLUMN outcomes.dispute.item IS 'The result''s place in its statement';
COMMENT ON COLUMN outcomes.dispute.contract IS 'Where it acts, and nowhere else';
COMMENT ON COLUMN outcomes.dispute.result_seq IS 'The result''s statement';
COMMENT ON COLUMN outcomes.dispute.actor IS 'The party that disputes it';
COMMENT ON COLUMN outcomes.dispute.reason IS 'Why, with the first result that the statement disputes; empty with the others';
COMMENT ON COLUMN outcomes.dispute."time" IS 'Of that entry';
COMMENT ON COLUMN outcomes.dispute.lapses IS 'Decided by nobody from this moment on (F3); NULL: never';
CREATE UNIQUE INDEX dispute_once ON outcomes.dispute (contract, result_seq, item);
COMMENT ON INDEX outcomes.dispute_once IS 'A result is disputed once in a contract; all of a contract';
CREATE INDEX dispute_contract ON outcomes.dispute (contract, seq, item);
COMMENT ON INDEX outcomes.dispute_contract IS 'The disputes of a contract, a page at a time';
CREATE INDEX dispute_result ON outcomes.dispute (result_seq, seq, item);
COMMENT ON INDEX outcomes.dispute_result IS 'The disputes of a statement''s results, a page at a time';

CREATE TABLE outcomes.decision (
    dispute_seq outcomes.seq,
    item outcomes.place,
    contract outcomes.name NOT NULL,
    result_seq outcomes.seq NOT NULL,
    decision text NOT NULL CHECK (decision IN ('stands', 'replaced', 'annulled')),
    is_lapsed boolean NOT NULL,
    value text CHECK (value <> ''),
    seq outcomes.seq NOT NULL,
    PRIMARY KEY (dispute_seq, item),
    CHECK ((decision = 'replaced') = (value IS NOT NULL))
);
COMMENT ON TABLE outcomes.decision IS 'What became of disputed results (language.md F3)';
COMMENT ON COLUMN outcomes.decision.dispute_seq IS 'The dispute';
COMMENT ON COLUMN outcomes.decision.item IS 'The result''s place in its statement';
COMMENT ON COLUMN outcomes.decision.contract IS 'The contract in which it was disputed';
COMMENT ON COLUMN outcomes.decision.result_seq IS 'The result''s statement';
COMMENT ON COLUMN outcomes.decision.decision IS 'stands, replaced (by value) or annulled (as if withdrawn)';
COMMENT ON COLUMN outcomes.decision.is_lapsed IS 'By nobody: the days for a decision had passed';
COMMENT ON COLUMN outcomes.decision.value IS 'The arbiter''s value; NULL unless replaced';
COMMENT ON COLUMN outcomes.decision.seq IS 'Entry dispute.resolved, or moment.reached';
CREATE INDEX decision_contract ON outcomes.decision (contract);
COMMENT ON INDEX outcomes.decision_contract IS 'All of a contract';

ALTER TABLE outcomes.dispute OWNER TO tally_owner;
ALTER TABLE outcomes.decision OWNER TO tally_owner;
GRANT SELECT, INSERT ON outcomes.dispute, outcomes.decision TO tally_service;
