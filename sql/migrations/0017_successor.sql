-- Who reports for another by an amendment restates or withdraws what that one has reported: it begins a chain of its own key, so what it
-- restates is not what comes before it in its key.

ALTER TABLE outcomes.result DROP CONSTRAINT result_chain;
ALTER TABLE outcomes.result ADD CONSTRAINT result_chain CHECK ((of_seq IS NULL) = (first_seq IS NULL)
    AND (of_seq IS NULL) = (of_item IS NULL) AND (of_seq IS NULL) = (first_item IS NULL)
    AND (of_seq IS NULL) = (first_time IS NULL) AND prev_seq >= 0 AND prev_seq < seq
    AND (of_seq IS NULL OR of_seq = prev_seq OR (of_seq < seq AND first_seq = seq)) AND (of_seq IS NOT NULL OR NOT is_withdrawal));
COMMENT ON COLUMN outcomes.result.of_seq IS 'Statement of the result that this one restates or withdraws: of its own author that before it in its chain (prev_seq), or that of a former reporter, whose place it takes. NULL: neither';
