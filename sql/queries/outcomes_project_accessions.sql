-- Who joined classes of parties.
INSERT INTO outcomes.accession (contract, class, actor, kid, seq, is_open)
SELECT u.contract, u.class, u.actor, u.kid, u.seq,
       coalesce((SELECT c.open FROM outcomes.contract AS c WHERE c.id = u.contract), false)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS u(contract, class, actor, kid, seq);
