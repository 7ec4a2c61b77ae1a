-- The newest entry that added or revoked a key; 0: none. Two ends of two indexes.
SELECT greatest((SELECT max(k.added_seq) FROM outcomes.actor_key AS k),
                (SELECT max(k.revoked_seq) FROM outcomes.actor_key AS k WHERE k.revoked_seq IS NOT NULL), 0)::bigint;
