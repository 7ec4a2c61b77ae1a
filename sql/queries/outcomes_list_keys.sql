-- Keys of actor $1 after (added_seq, kid) = ($2, $3), at most $4, each as JSON with its cursor.
SELECT row_to_json(j)::text AS json, j.added_seq || '.' || j.kid AS cursor
  FROM (SELECT k.actor, k.added_seq,
               (SELECT row_to_json(w) FROM (SELECT 'Ed25519' AS crv, 'OKP' AS kty, k.x) AS w) AS jwk, k.kid, k.revoked_seq
          FROM outcomes.actor_key AS k
         WHERE k.actor = $1::text AND (k.added_seq, k.kid) > ($2::bigint, $3::text)
         ORDER BY k.added_seq, k.kid
         LIMIT $4::integer) AS j;
