-- Is there a contract $1?
SELECT true FROM outcomes.contract AS c WHERE c.id = $1::text;
