-- What the ledger's entries say, as tables: actors, indicators, contracts, results, payments. Everything here is a projection,
-- written in the transaction of the entries that it follows from, and can be made again from them.
--
-- No foreign keys: they cost 2.5 us a row each, and a projection holds what the ledger's rules have let through already.
-- Each index beside a primary key says what reads it. Only the columns that change may be updated by the service, and no row is
-- ever deleted.

CREATE SCHEMA outcomes AUTHORIZATION tally_owner;
COMMENT ON SCHEMA outcomes IS 'The state of the domain, projected from the ledger: actors, indicators, contracts, results, payments';

CREATE DOMAIN outcomes.seq AS bigint CHECK (VALUE BETWEEN 0 AND 9007199254740991);
COMMENT ON DOMAIN outcomes.seq IS 'Number of an entry of the ledger';
CREATE DOMAIN outcomes.hash AS bytea CHECK (octet_length(VALUE) = 32);
COMMENT ON DOMAIN outcomes.hash IS 'A SHA-256';
-- Order by bytes: the same in every database, and indexes that outlive a change of the system's locales.
CREATE DOMAIN outcomes.id AS text COLLATE "C" CHECK (VALUE ~ '^[a-z][a-z0-9._-]{0,63}$');
COMMENT ON DOMAIN outcomes.id IS 'Name of an actor, an indicator or a contract';
-- Names inside a text have no limit but the text's: none of them is in an index (an index row holds 2,700 bytes at most). A regular
-- expression costs a microsecond, so this is also the type of ids where thousands of rows a second arrive.
CREATE DOMAIN outcomes.name AS text COLLATE "C" CHECK (VALUE <> '');
COMMENT ON DOMAIN outcomes.name IS 'Name of something inside a contract (party, metric, rule), or an id in a table that takes thousands of rows a second';
CREATE DOMAIN outcomes.kid AS text COLLATE "C" CHECK (octet_length(VALUE) = 43);
COMMENT ON DOMAIN outcomes.kid IS 'Thumbprint of a key (RFC 7638), base64url';
CREATE DOMAIN outcomes.exact AS text CHECK (VALUE ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$');
COMMENT ON DOMAIN outcomes.exact IS 'An exact amount as the ledger writes it (formats.md, Canonical JSON)';
CREATE DOMAIN outcomes.place AS integer CHECK (VALUE >= 0);
COMMENT ON DOMAIN outcomes.place IS 'A place in a list, from 0';

CREATE FUNCTION outcomes.instant(t timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION outcomes.instant(timestamptz) IS 'A moment as the ledger writes it';

CREATE FUNCTION outcomes.result_key(indicator text, version integer, contract text, metric text, dimensions text, author text)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(CASE WHEN indicator IS NULL THEN '|' || contract || '|' || metric
                              ELSE indicator || '|' || version::text END || '|' || dimensions || '|' || author, 'UTF8'));
COMMENT ON FUNCTION outcomes.result_key(text, integer, text, text, text, text)
    IS 'SHA-256 of a result''s identity: what it measures, its dimensions and its author (language.md S2)';

-- ---- actors and keys ----

CREATE TABLE outcomes.actor (
    id outcomes.id PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('person', 'organisation', 'patch')),
    name text NOT NULL,
    is_operator boolean NOT NULL,
    is_backbone boolean NOT NULL,
    registered_by outcomes.id,
    seq outcomes.seq NOT NULL
);
COMMENT ON TABLE outcomes.actor IS 'Who may speak';
COMMENT ON COLUMN outcomes.actor.id IS 'Its id; random for a person';
COMMENT ON COLUMN outcomes.actor.kind IS 'person, organisation or patch (a group of actors)';
COMMENT ON COLUMN outcomes.actor.name IS 'For people to read; may be empty';
COMMENT ON COLUMN outcomes.actor.is_operator IS 'Runs the service, as entry 0 says';
COMMENT ON COLUMN outcomes.actor.is_backbone IS 'May register actors, define indicators and report results';
COMMENT ON COLUMN outcomes.actor.registered_by IS 'The actor that registered it; NULL for the operator of entry 0';
COMMENT ON COLUMN outcomes.actor.seq IS 'Entry of its registration';

CREATE TABLE outcomes.actor_key (
    kid outcomes.kid PRIMARY KEY,
    actor outcomes.id NOT NULL,
    x text NOT NULL CHECK (octet_length(x) = 43),
    added_seq outcomes.seq NOT NULL,
    revoked_seq outcomes.seq CHECK (revoked_seq > added_seq)
) WITH (fillfactor = 90);
COMMENT ON TABLE outcomes.actor_key IS 'Public keys; each belongs to one actor for ever. revoked_seq is updated';
COMMENT ON COLUMN outcomes.actor_key.kid IS 'Its thumbprint';
COMMENT ON COLUMN outcomes.actor_key.actor IS 'Whose it is';
COMMENT ON COLUMN outcomes.actor_key.x IS 'The Ed25519 public key, base64url';
COMMENT ON COLUMN outcomes.actor_key.added_seq IS 'Entry that added it';
COMMENT ON COLUMN outcomes.actor_key.revoked_seq IS 'Entry that revoked it; what was recorded before stays valid. NULL while it is valid';
CREATE INDEX actor_key_actor ON outcomes.actor_key (actor, added_seq, kid);
COMMENT ON INDEX outcomes.actor_key_actor IS 'The keys of an actor, a page at a time';
CREATE INDEX actor_key_added ON outcomes.actor_key (added_seq);
COMMENT ON INDEX outcomes.actor_key_added IS 'The newest change of any key, asked often by caches of keys';
CREATE INDEX actor_key_revoked ON outcomes.actor_key (revoked_seq) WHERE revoked_seq IS NOT NULL;
COMMENT ON INDEX outcomes.actor_key_revoked IS 'The newest revocation, asked often by caches of keys';

-- ---- indicators ----

CREATE TABLE outcomes.indicator (
    slug outcomes.id,
    version integer CHECK (version >= 1),
    seq outcomes.seq NOT NULL,
    entry outcomes.hash NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('output', 'outcome')),
    lower_is_better boolean NOT NULL,
    defined_by outcomes.id NOT NULL,
    PRIMARY KEY (slug, version)
);
COMMENT ON TABLE outcomes.indicator IS 'What is measured: one definition for all contracts. A new version supersedes, none is edited';
COMMENT ON COLUMN outcomes.indicator.slug IS 'Its id, as terms write it';
COMMENT ON COLUMN outcomes.indicator.version IS '1, 2, ...';
COMMENT ON COLUMN outcomes.indicator.seq IS 'Entry of the definition';
COMMENT ON COLUMN outcomes.indicator.entry IS 'Hash of that entry: a contract''s version commits to it';
COMMENT ON COLUMN outcomes.indicator.name IS 'For people to read';
COMMENT ON COLUMN outcomes.indicator.definition IS 'What exactly is counted, and how';
COMMENT ON COLUMN outcomes.indicator.unit IS 'As the terms language writes it: days per person, percent, USD, date, word';
COMMENT ON COLUMN outcomes.indicator.kind IS 'output (what was done) or outcome (what came of it)';
COMMENT ON COLUMN outcomes.indicator.lower_is_better IS 'Its direction';
COMMENT ON COLUMN outcomes.indicator.defined_by IS 'The actor that defined this version';

-- ---- contracts ----

CREATE TABLE outcomes.contract (
    id outcomes.id PRIMARY KEY,
    slug outcomes.name NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    proposed_by outcomes.id NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    version_hash outcomes.hash NOT NULL,
    terms_hash outcomes.hash NOT NULL,
    manifest text NOT NULL,
    open boolean NOT NULL,
    seq outcomes.seq NOT NULL,
    activated_seq outcomes.seq CHECK (activated_seq >= seq),
    closed_seq outcomes.seq CHECK (closed_seq >= seq),
    state text NOT NULL CHECK (state IN ('proposed', 'in_force', 'closed')),
    next_moment timestamptz,
    next_first bigint NOT NULL CHECK (next_first >= 0),
    CHECK ((state = 'closed') = (closed_seq IS NOT NULL)),
    CHECK (state <> 'in_force' OR activated_seq IS NOT NULL)
) WITH (fillfactor = 80);
COMMENT ON TABLE outcomes.contract IS 'Outcome contracts. state, activated_seq, closed_seq, next_moment and next_first are updated';
COMMENT ON COLUMN outcomes.contract.id IS 'Its id in the ledger';
COMMENT ON COLUMN outcomes.contract.slug IS 'Its name in its own text';
COMMENT ON COLUMN outcomes.contract.title IS 'Its title in its own text';
COMMENT ON COLUMN outcomes.contract.text IS 'The terms, byte for byte';
COMMENT ON COLUMN outcomes.contract.proposed_by IS 'The actor that proposed it';
COMMENT ON COLUMN outcomes.contract.version IS '1, or the number of the amendment';
COMMENT ON COLUMN outcomes.contract.version_hash IS 'What the parties sign (formats.md, Contract version)';
COMMENT ON COLUMN outcomes.contract.terms_hash IS 'SHA-256 of text';
COMMENT ON COLUMN outcomes.contract.manifest IS 'The canonical JSON whose hash version_hash is';
COMMENT ON COLUMN outcomes.contract.open IS 'Anybody may read it';
COMMENT ON COLUMN outcomes.contract.seq IS 'Entry of its proposal';
COMMENT ON COLUMN outcomes.contract.activated_seq IS 'Entry contract.activated; NULL until it is in force';
COMMENT ON COLUMN outcomes.contract.closed_seq IS 'Entry that closed it; NULL before';
COMMENT ON COLUMN outcomes.contract.state IS 'proposed, in_force or closed';
COMMENT ON COLUMN outcomes.contract.next_moment IS 'When the next of its moments falls due (language.md T3); NULL: never';
COMMENT ON COLUMN outcomes.contract.next_first IS 'The next place in the order of first amounts (language.md C4)';
CREATE INDEX contract_moment ON outcomes.contract (next_moment) WHERE next_moment IS NOT NULL;
COMMENT ON INDEX outcomes.contract_moment IS 'The contracts that are due, asked with each batch of statements until the next moment is known';

CREATE TABLE outcomes.party (
    contract outcomes.id,
    place outcomes.place,
    party outcomes.name NOT NULL,
    role text NOT NULL,
    label text NOT NULL,
    actor outcomes.id NOT NULL,
    kid outcomes.kid NOT NULL,
    signed_seq outcomes.seq,
    PRIMARY KEY (contract, place)
) WITH (fillfactor = 90);
COMMENT ON TABLE outcomes.party IS 'Who is what to a contract. signed_seq is updated';
COMMENT ON COLUMN outcomes.party.contract IS 'The contract';
COMMENT ON COLUMN outcomes.party.party IS 'Its name in the text';
COMMENT ON COLUMN outcomes.party.place IS 'Its place in the text';
COMMENT ON COLUMN outcomes.party.role IS 'outcome payer, investor, evaluator, ...';
COMMENT ON COLUMN outcomes.party.label IS 'What the text calls it in full';
COMMENT ON COLUMN outcomes.party.actor IS 'The actor that it is';
COMMENT ON COLUMN outcomes.party.kid IS 'The key that the other parties have compared';
COMMENT ON COLUMN outcomes.party.signed_seq IS 'Entry of its signature; NULL until then';
CREATE INDEX party_actor ON outcomes.party (actor, contract);
COMMENT ON INDEX outcomes.party_actor IS 'The contracts of an actor, a page at a time';

CREATE TABLE outcomes.contract_metric (
    contract outcomes.id,
    place outcomes.place,
    metric outcomes.name NOT NULL,
    indicator outcomes.id,
    indicator_version integer CHECK (indicator_version >= 1),
    PRIMARY KEY (contract, place),
    CHECK ((indicator IS NULL) = (indicator_version IS NULL))
);
COMMENT ON TABLE outcomes.contract_metric IS 'Which contract uses which indicator, one row for each of its metrics';
COMMENT ON COLUMN outcomes.contract_metric.contract IS 'The contract';
COMMENT ON COLUMN outcomes.contract_metric.metric IS 'Its metric';
COMMENT ON COLUMN outcomes.contract_metric.place IS 'The metric''s place in the text';
COMMENT ON COLUMN outcomes.contract_metric.indicator IS 'What it measures; NULL for a figure of this contract alone';
COMMENT ON COLUMN outcomes.contract_metric.indicator_version IS 'In which definition; NULL for a figure';
CREATE INDEX contract_metric_indicator ON outcomes.contract_metric (indicator, indicator_version) WHERE indicator IS NOT NULL;
COMMENT ON INDEX outcomes.contract_metric_indicator IS 'The contracts that a result may feed';

-- ---- results ----

CREATE TABLE outcomes.result (
    seq outcomes.seq,
    item outcomes.place,
    indicator outcomes.name,
    version integer CHECK (version >= 1),
    contract outcomes.name,
    metric outcomes.name,
    dimensions text NOT NULL,
    value text NOT NULL CHECK (value <> ''),
    author outcomes.name NOT NULL,
    "time" timestamptz NOT NULL,
    is_set boolean NOT NULL,
    key outcomes.hash NOT NULL,
    PRIMARY KEY (seq, item),
    CHECK ((indicator IS NULL) = (version IS NULL) AND (indicator IS NULL) <> (contract IS NULL)
           AND (contract IS NULL) = (metric IS NULL))
);
COMMENT ON TABLE outcomes.result IS 'Reported values: of an indicator, for every contract that uses it, or figures of one contract';
COMMENT ON COLUMN outcomes.result.seq IS 'Entry of the statement';
COMMENT ON COLUMN outcomes.result.item IS 'Place in that statement';
COMMENT ON COLUMN outcomes.result.indicator IS 'What was measured; NULL for a figure';
COMMENT ON COLUMN outcomes.result.version IS 'In which definition; NULL for a figure';
COMMENT ON COLUMN outcomes.result.contract IS 'The contract of a figure';
COMMENT ON COLUMN outcomes.result.metric IS 'The metric of a figure';
COMMENT ON COLUMN outcomes.result.dimensions IS 'Canonical JSON object of names and members: text, since nothing looks inside';
COMMENT ON COLUMN outcomes.result.value IS 'As reported: 91, 60%, 2016-03-01, true, a word';
COMMENT ON COLUMN outcomes.result.author IS 'Who reported it';
COMMENT ON COLUMN outcomes.result."time" IS 'Of that entry';
COMMENT ON COLUMN outcomes.result.is_set IS 'Becomes final together with all of its statement';
COMMENT ON COLUMN outcomes.result.key IS 'outcomes.result_key of this row, made when it is inserted';
CREATE UNIQUE INDEX result_key ON outcomes.result (key);
COMMENT ON INDEX outcomes.result_key IS 'One result of a key: looked up for every result that is submitted';
CREATE INDEX result_indicator ON outcomes.result (indicator, version, seq, item) WHERE indicator IS NOT NULL;
COMMENT ON INDEX outcomes.result_indicator IS 'What a contract needs to be evaluated, and lists by indicator or contract';
CREATE INDEX result_figure ON outcomes.result (contract, seq, item) WHERE contract IS NOT NULL;
COMMENT ON INDEX outcomes.result_figure IS 'The figures of a contract; other results are not in it';
CREATE INDEX result_author ON outcomes.result (author, seq, item);
COMMENT ON INDEX outcomes.result_author IS 'Lists by author: new rows come last for each author, so that it stays in memory';

CREATE TABLE outcomes.verification (
    result_seq outcomes.seq,
    item outcomes.place,
    actor outcomes.name,
    seq outcomes.seq NOT NULL,
    PRIMARY KEY (result_seq, item, actor)
);
COMMENT ON TABLE outcomes.verification IS 'Who verified which result';
COMMENT ON COLUMN outcomes.verification.result_seq IS 'The result''s statement';
COMMENT ON COLUMN outcomes.verification.item IS 'Its place in that statement';
COMMENT ON COLUMN outcomes.verification.actor IS 'The verifier';
COMMENT ON COLUMN outcomes.verification.seq IS 'Entry of the verification';

CREATE TABLE outcomes.final (
    contract outcomes.name NOT NULL,
    metric outcomes.name NOT NULL,
    result_seq outcomes.seq NOT NULL,
    item outcomes.place NOT NULL,
    key text NOT NULL,
    seq outcomes.seq NOT NULL
);
COMMENT ON TABLE outcomes.final IS 'Results that are final for a metric of a contract: the current values (language.md S3, S5)';
COMMENT ON COLUMN outcomes.final.contract IS 'The contract';
COMMENT ON COLUMN outcomes.final.metric IS 'Its metric';
COMMENT ON COLUMN outcomes.final.result_seq IS 'The result''s statement';
COMMENT ON COLUMN outcomes.final.item IS 'Its place in that statement';
COMMENT ON COLUMN outcomes.final.key IS 'Members of the metric''s dimensions, joined by |';
COMMENT ON COLUMN outcomes.final.seq IS 'Entry result.finalised';
CREATE INDEX final_result ON outcomes.final (contract, result_seq, item);
COMMENT ON INDEX outcomes.final_result IS 'All of a contract, and what a result is final for; no primary key, since the metric''s name may be too long for an index';

-- ---- money ----

CREATE TABLE outcomes.instance (
    contract outcomes.name,
    identity outcomes.hash,
    rule outcomes.name NOT NULL,
    key text NOT NULL,
    stands outcomes.exact NOT NULL,
    first bigint NOT NULL CHECK (first >= 0),
    day date NOT NULL,
    PRIMARY KEY (contract, identity)
) WITH (fillfactor = 80);
COMMENT ON TABLE outcomes.instance IS 'What is recorded about an instance of a pay rule. stands, first and day are updated';
COMMENT ON COLUMN outcomes.instance.contract IS 'The contract';
COMMENT ON COLUMN outcomes.instance.identity IS 'SHA-256 of rule|key: a key of many dimensions may be too long for an index';
COMMENT ON COLUMN outcomes.instance.rule IS 'Its pay rule';
COMMENT ON COLUMN outcomes.instance.key IS 'Members of the rule''s dimensions, joined by |';
COMMENT ON COLUMN outcomes.instance.stands IS 'What was triggered for it so far (language.md P1)';
COMMENT ON COLUMN outcomes.instance.first IS 'Place in the order of first amounts (C4)';
COMMENT ON COLUMN outcomes.instance.day IS 'On which it was first computed (I2); infinity: never';

CREATE TABLE outcomes.payment (
    seq outcomes.seq PRIMARY KEY,
    itemised_seq outcomes.seq NOT NULL,
    cause_seq outcomes.seq NOT NULL,
    contract outcomes.id NOT NULL,
    rule outcomes.name NOT NULL,
    from_party outcomes.name NOT NULL,
    to_party outcomes.name NOT NULL,
    from_actor outcomes.id NOT NULL,
    to_actor outcomes.id NOT NULL,
    currency text NOT NULL CHECK (currency <> ''),
    amount outcomes.exact NOT NULL CHECK (amount NOT LIKE '-%'),
    is_owed_back boolean NOT NULL,
    instances bigint NOT NULL CHECK (instances >= 0),
    triggered_on date NOT NULL,
    due_on date NOT NULL,
    settled outcomes.exact NOT NULL CHECK (settled NOT LIKE '-%')
) WITH (fillfactor = 90);
COMMENT ON TABLE outcomes.payment IS 'Payment triggers: what became due, from whom to whom. settled is updated';
COMMENT ON COLUMN outcomes.payment.seq IS 'Entry payment.triggered';
COMMENT ON COLUMN outcomes.payment.itemised_seq IS 'Entry payment.itemised: the list of instances';
COMMENT ON COLUMN outcomes.payment.cause_seq IS 'Entry that brought it about: a statement or moment.reached';
COMMENT ON COLUMN outcomes.payment.contract IS 'The contract';
COMMENT ON COLUMN outcomes.payment.rule IS 'Its pay rule';
COMMENT ON COLUMN outcomes.payment.from_party IS 'Who owes, as the text names it';
COMMENT ON COLUMN outcomes.payment.to_party IS 'To whom, as the text names it';
COMMENT ON COLUMN outcomes.payment.from_actor IS 'The actor that owes';
COMMENT ON COLUMN outcomes.payment.to_actor IS 'The actor to which it is owed';
COMMENT ON COLUMN outcomes.payment.currency IS 'Of amount and settled';
COMMENT ON COLUMN outcomes.payment.amount IS 'The net sum';
COMMENT ON COLUMN outcomes.payment.is_owed_back IS 'The rule''s payee owes its payer (language.md P3)';
COMMENT ON COLUMN outcomes.payment.instances IS 'How many instances it nets';
COMMENT ON COLUMN outcomes.payment.triggered_on IS 'Day of the entry at the contract''s clock';
COMMENT ON COLUMN outcomes.payment.due_on IS 'Day on which it is due; infinity: the day that never comes';
COMMENT ON COLUMN outcomes.payment.settled IS 'What is settled of it so far';
CREATE INDEX payment_contract ON outcomes.payment (contract, seq);
COMMENT ON INDEX outcomes.payment_contract IS 'The payments of a contract, a page at a time';
CREATE INDEX payment_from ON outcomes.payment (from_actor, seq);
COMMENT ON INDEX outcomes.payment_from IS 'What an actor owes, a page at a time';
CREATE INDEX payment_to ON outcomes.payment (to_actor, seq);
COMMENT ON INDEX outcomes.payment_to IS 'What is owed to an actor, a page at a time';

CREATE TABLE outcomes.payment_item (
    payment_seq outcomes.seq,
    place outcomes.place,
    key text NOT NULL,
    difference outcomes.exact NOT NULL,
    stands outcomes.exact NOT NULL,
    PRIMARY KEY (payment_seq, place)
);
COMMENT ON TABLE outcomes.payment_item IS 'The instances of a payment';
COMMENT ON COLUMN outcomes.payment_item.payment_seq IS 'The payment';
COMMENT ON COLUMN outcomes.payment_item.place IS 'Its place in the list of instances';
COMMENT ON COLUMN outcomes.payment_item.key IS 'Members of the rule''s dimensions, joined by |';
COMMENT ON COLUMN outcomes.payment_item.difference IS 'What this instance adds to the payment; below zero: is owed back';
COMMENT ON COLUMN outcomes.payment_item.stands IS 'What stands of it afterwards';

CREATE TABLE outcomes.settlement (
    seq outcomes.seq PRIMARY KEY,
    payment_seq outcomes.seq NOT NULL,
    amount outcomes.exact NOT NULL CHECK (amount NOT LIKE '-%'),
    reference text NOT NULL,
    recorded_by outcomes.id NOT NULL,
    paid_on date NOT NULL
);
COMMENT ON TABLE outcomes.settlement IS 'That a payment was made, wholly or in part';
COMMENT ON COLUMN outcomes.settlement.seq IS 'Entry settlement.recorded';
COMMENT ON COLUMN outcomes.settlement.payment_seq IS 'The payment';
COMMENT ON COLUMN outcomes.settlement.amount IS 'What was paid, in the payment''s currency';
COMMENT ON COLUMN outcomes.settlement.reference IS 'The bank''s';
COMMENT ON COLUMN outcomes.settlement.recorded_by IS 'Payer or payee';
COMMENT ON COLUMN outcomes.settlement.paid_on IS 'Day of the payment, as recorded';
CREATE INDEX settlement_payment ON outcomes.settlement (payment_seq, seq);
COMMENT ON INDEX outcomes.settlement_payment IS 'The settlements of a payment';

-- ---- who owns, who may ----

DO $$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT format('ALTER TABLE %s OWNER TO tally_owner', c.oid::regclass)
          FROM pg_catalog.pg_class AS c WHERE c.relnamespace = 'outcomes'::regnamespace AND c.relkind = 'r'
        UNION ALL
        SELECT format('ALTER DOMAIN %s OWNER TO tally_owner', t.oid::regtype)
          FROM pg_catalog.pg_type AS t WHERE t.typnamespace = 'outcomes'::regnamespace AND t.typtype = 'd'
        UNION ALL
        SELECT format('ALTER FUNCTION %s OWNER TO tally_owner', p.oid::regprocedure)
          FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'outcomes'::regnamespace
    LOOP
        EXECUTE command;
    END LOOP;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA outcomes FROM PUBLIC;
GRANT USAGE ON SCHEMA outcomes TO tally_service;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA outcomes TO tally_service;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA outcomes TO tally_service;
GRANT UPDATE (revoked_seq) ON outcomes.actor_key TO tally_service;
GRANT UPDATE (state, activated_seq, closed_seq, next_moment, next_first) ON outcomes.contract TO tally_service;
GRANT UPDATE (signed_seq) ON outcomes.party TO tally_service;
GRANT UPDATE (stands, first, day) ON outcomes.instance TO tally_service;
GRANT UPDATE (settled) ON outcomes.payment TO tally_service;
