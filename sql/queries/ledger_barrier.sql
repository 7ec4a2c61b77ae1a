-- A write that is committed: after a crash a primary shows rows that no standby has, until something is replicated after them.
SELECT pg_logical_emit_message(true, 'tally', 'barrier')::text
