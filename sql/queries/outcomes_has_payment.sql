-- Is there a payment $1, as far as $2 (NULL: nobody in particular) may know?
SELECT true FROM outcomes.payment AS p WHERE p.seq = $1::bigint AND outcomes.reads_entry(p.seq, $2::text);
