-- Is there a payment $1 of which $2 (NULL: nobody in particular) may know what it consists of?
SELECT true FROM outcomes.payment AS p WHERE p.seq = $1::bigint AND outcomes.reads_entry(p.itemised_seq, $2::text);
