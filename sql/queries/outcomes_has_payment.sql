-- Is there a payment $1?
SELECT true FROM outcomes.payment AS p WHERE p.seq = $1::bigint;
