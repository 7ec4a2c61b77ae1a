-- Keys of actor $4 after (added_seq, kid) = ($1, $2), at most $3, each as JSON with its cursor.
SELECT row_to_json(j)::text AS json, j.added_seq || '.' || j.kid AS cursor
  FROM (SELECT k.actor, k.added_seq,
               (SELECT row_to_json(w) FROM (SELECT 'Ed25519' AS crv, 'OKP' AS kty, k.x) AS w) AS jwk, k.kid, k.revoked_seq
          FROM outcomes.actor_key AS k
         WHERE k.actor = $4::text AND (k.added_seq, k.kid) > ($1::bigint, $2::text)
         ORDER BY k.added_seq, k.kid
         LIMIT $3::integer) AS j;
