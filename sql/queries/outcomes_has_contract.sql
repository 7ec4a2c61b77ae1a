-- Is there a contract $1, as far as $2 (NULL: nobody in particular) may know?
SELECT true WHERE outcomes.reads_contract($1::text, $2::text);
