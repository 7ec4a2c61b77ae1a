-- Is there an actor $1?
SELECT true FROM outcomes.actor AS a WHERE a.id = $1::text;
