-- The verifications of the results of these statements.
SELECT v.result_seq, v.item, v.actor, v.seq, v."time"
  FROM outcomes.verification AS v
 WHERE v.result_seq = ANY ($1::bigint[])
 ORDER BY v.seq;
