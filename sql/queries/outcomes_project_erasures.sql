-- Bodies that were erased: $1 the entries, $2 by which body.erased. What their text was goes from the tables.
SELECT outcomes.erase(u.entry, u.seq) FROM unnest($1::bigint[], $2::bigint[]) AS u(entry, seq);
