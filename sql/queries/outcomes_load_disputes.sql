-- The disputes that these entries raised.
SELECT d.seq, d.item, d.contract, d.result_seq, d.actor, d.reason, d."time", d.lapses
  FROM outcomes.dispute AS d
 WHERE d.seq = ANY ($1::bigint[]);
