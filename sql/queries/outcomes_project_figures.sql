-- What contracts take of others.
INSERT INTO outcomes.figure (contract, identity, version, metric, key, standing, value, reason, was_known, has_closed)
SELECT u.contract, sha256(convert_to(u.version::text || '|' || u.metric || '|' || u.key, 'UTF8')), u.version::integer, u.metric,
       u.key, u.standing, u.value, u.reason, u.was_known, u.has_closed
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::boolean[],
              $9::boolean[]) AS u(contract, metric, key, version, standing, value, reason, was_known, has_closed)
ON CONFLICT (contract, identity) DO UPDATE
   SET standing = excluded.standing, value = excluded.value, reason = excluded.reason, was_known = excluded.was_known,
       has_closed = excluded.has_closed;
