-- What is recorded about instances of pay rules, anew or again.
INSERT INTO outcomes.instance (contract, rule, key, stands, first, day, identity)
SELECT u.contract, u.rule, u.key, u.stands, u.first, u.day, sha256(convert_to(u.rule || '|' || u.key, 'UTF8'))
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[])
       AS u(contract, rule, key, stands, first, day)
ON CONFLICT (contract, identity) DO UPDATE SET stands = excluded.stands, first = excluded.first, day = excluded.day;
