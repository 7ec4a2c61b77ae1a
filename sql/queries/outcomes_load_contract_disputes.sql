-- The disputes in these contracts.
SELECT d.seq, d.item, d.contract, d.result_seq, d.actor, d.reason, d."time", d.lapses
  FROM outcomes.dispute AS d
 WHERE d.contract = ANY ($1::text[]);
