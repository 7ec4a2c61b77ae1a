-- Who joined classes of parties.
INSERT INTO outcomes.accession (contract, class, actor, kid, seq)
SELECT u.contract, u.class, u.actor, u.kid, u.seq
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS u(contract, class, actor, kid, seq);
