-- A text of contract $1: $2 is its version's number, its version's hash or that of the text in hex; NULL: the one in force.
-- $3: who reads (NULL: nobody in particular).
SELECT t.text
  FROM (SELECT c.text, c.version, c.version_hash, c.terms_hash, true AS is_in_force
          FROM outcomes.contract AS c
         WHERE c.id = $1::text
        UNION ALL
        SELECT a.text, a.version, a.version_hash, a.terms_hash, a.in_force_seq IS NOT NULL
          FROM outcomes.amendment AS a
         WHERE a.contract = $1::text) AS t
 WHERE outcomes.reads_contract($1::text, $3::text)
   AND CASE WHEN $2::text IS NULL THEN t.is_in_force
                WHEN length($2::text) = 64 THEN $2::text IN (encode(t.version_hash, 'hex'), encode(t.terms_hash, 'hex'))
                ELSE t.is_in_force AND $2::text = t.version::text END
 ORDER BY t.version DESC
 LIMIT 1;
