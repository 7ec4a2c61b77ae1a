/* What proposals of contracts and of amendments have in common: who the parties are, which definitions are meant, and the manifest that
 * pins both. */
#include <stdlib.h>

#include "tally/version.h"
#include "uses.h"

#define PROPOSAL (d->command->u.propose_contract)

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct command_party *) a)->name, ((const struct command_party *) b)->name);
}

static const struct command_party *given_party(const struct deciding *d, struct slice name)
{
    const struct command_party like = {.name = name};
    return PROPOSAL.party_count == 0
               ? NULL
               : bsearch(&like, PROPOSAL.parties, PROPOSAL.party_count, sizeof(*PROPOSAL.parties), by_name);
}

/* Exactly the parties of the text, each a registered actor with a key that is valid. */
enum tally_code proposal_check_names(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = PROPOSAL.terms;
    for (uint32_t i = 0; i < terms_party_count(terms) && !refused_enough(d); i++) {
        struct slice name = terms_party(terms, i)->name;
        if (given_party(d, name) == NULL)
            TRY(REFUSE_AT(d, REFUSE_CONTRACT_PARTIES, SLICE("/parties"),
                          "the terms have a party %.*s: say which actor and key it is", SLICE_ARG(name)));
    }
    for (uint32_t i = 0; i < PROPOSAL.party_count && !refused_enough(d); i++) {
        struct slice name = PROPOSAL.parties[i].name;
        if (terms_find_party(terms, name) == TERMS_NONE)
            TRY(REFUSE_AT(d, REFUSE_CONTRACT_PARTIES, arena_printf(d->arena, "/parties/%.*s", SLICE_ARG(name)),
                          "the terms have no party %.*s: leave it out, or correct the name", SLICE_ARG(name)));
    }
done:
    return rc;
}

enum tally_code proposal_check_actors(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < PROPOSAL.party_count && !refused_enough(d); i++) {
        const struct command_party *party = &PROPOSAL.parties[i];
        const struct view_actor *actor = view_actor(d->model, party->actor);
        if (actor == NULL)
            TRY(REFUSE_AT(d, REFUSE_ACTOR_UNKNOWN, arena_printf(d->arena, "/parties/%.*s/actor", SLICE_ARG(party->name)),
                          "no actor is called %.*s: register it first", SLICE_ARG(party->actor)));
    }
    for (uint32_t i = 0; i < PROPOSAL.party_count && d->refusal == NULL; i++) {
        const struct command_party *party = &PROPOSAL.parties[i];
        STEP(HEAD_COVERS(d, view_actor(d->model, party->actor)->row.seq, "the registration of %.*s",
                         SLICE_ARG(party->actor)));
    }
done:
    return rc;
}

enum tally_code proposal_check_keys(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < PROPOSAL.party_count && !refused_enough(d); i++) {
        const struct command_party *party = &PROPOSAL.parties[i];
        const struct view_key *key = view_key(d->model, party->kid);
        const char *wrong = key == NULL || !slice_equal(key->row.actor, party->actor) ? "is no key of"
                            : key->row.revoked_seq != ROW_NO_SEQ                      ? "is a revoked key of"
                                                                                      : NULL;
        if (wrong != NULL)
            TRY(REFUSE_AT(d, REFUSE_CONTRACT_PARTIES, arena_printf(d->arena, "/parties/%.*s/kid", SLICE_ARG(party->name)),
                          "%.*s %s %.*s: see /v1/actors/%.*s/keys", SLICE_ARG(party->kid), wrong, SLICE_ARG(party->actor),
                          SLICE_ARG(party->actor)));
    }
    for (uint32_t i = 0; i < PROPOSAL.party_count && d->refusal == NULL; i++) {
        const struct command_party *party = &PROPOSAL.parties[i];
        STEP(HEAD_COVERS(d, view_key(d->model, party->kid)->row.added_seq, "the registration of key %.*s",
                         SLICE_ARG(party->kid)));
    }
done:
    return rc;
}

/* Is the metric's kind what the definition's unit says? "word" is a metric in a dimension given as a list. */
static bool unit_agrees(const struct terms *terms, const struct terms_metric *metric, struct slice unit)
{
    if (slice_equal(metric->unit, unit))
        return true;
    for (uint32_t i = 0; slice_is(unit, "word") && i < terms_dimension_count(terms); i++) {
        const struct terms_dimension *dimension = terms_dimension(terms, i);
        if (dimension->kind == TERMS_LIST && slice_equal(dimension->name, metric->unit))
            return true;
    }
    return false;
}

static enum tally_code check_metric(struct deciding *d, const struct terms_metric *metric)
{
    const struct row_indicator *row = view_indicator(d->model, metric->slug, metric->version);
    if (row == NULL)
        return REFUSE_AT(d, REFUSE_INDICATOR_UNKNOWN, SLICE("/terms"),
                         "metric %.*s uses %.*s version %" PRIu32
                         ", which is not defined: have it defined first, or correct the terms",
                         SLICE_ARG(metric->name), SLICE_ARG(metric->slug), metric->version);
    if (!unit_agrees(PROPOSAL.terms, metric, row->unit) &&
        (d->refusal == NULL || d->refusal->code == REFUSE_CONTRACT_TERMS))
        return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"),
                         "metric %.*s is in %.*s, but %.*s version %" PRIu32
                         " is defined in %.*s: write the metric in that unit",
                         SLICE_ARG(metric->name), SLICE_ARG(metric->unit), SLICE_ARG(metric->slug), metric->version,
                         SLICE_ARG(row->unit));
    return TALLY_OK;
}

enum tally_code proposal_check_indicators(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = PROPOSAL.terms;
    for (uint32_t i = 0; i < terms_metric_count(terms) && !refused_enough(d); i++) {
        if (terms_metric(terms, i)->source == AST_SOURCE_INDICATOR)
            TRY(check_metric(d, terms_metric(terms, i)));
    }
    for (uint32_t i = 0; i < terms_metric_count(terms) && d->refusal == NULL; i++) {
        const struct terms_metric *metric = terms_metric(terms, i);
        if (metric->source == AST_SOURCE_INDICATOR)
            STEP(HEAD_COVERS(d, view_indicator(d->model, metric->slug, metric->version)->seq, "version %" PRIu32 " of %.*s",
                             metric->version, SLICE_ARG(metric->slug)));
    }
done:
    return rc;
}

static int by_slug(const void *a, const void *b)
{
    const struct version_indicator *left = a, *right = b;
    int order = slice_compare(left->name, right->name);
    return order != 0 ? order : (left->seq > right->seq) - (left->seq < right->seq);
}

/* The definitions meant, sorted by slug: a version of the contract names one definition of each indicator. */
static enum tally_code manifest_indicators(struct deciding *d, struct version_manifest *manifest)
{
    const struct terms *terms = PROPOSAL.terms;
    size_t count = 0, unique = 0;
    struct version_indicator *list =
        ARENA_ARRAY(d->arena, (size_t) terms_metric_count(terms) + 1, struct version_indicator);
    if (list == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
        const struct terms_metric *metric = terms_metric(terms, i);
        if (metric->source != AST_SOURCE_INDICATOR)
            continue;
        const struct row_indicator *row = view_indicator(d->model, metric->slug, metric->version);
        list[count] = (struct version_indicator){.name = row->slug, .seq = row->seq};
        memcpy(list[count++].entry.bytes, row->entry, sizeof(row->entry));
    }
    qsort(list, count, sizeof(*list), by_slug);
    for (size_t i = 0; i < count; i++) {
        if (unique > 0 && slice_equal(list[unique - 1].name, list[i].name)) {
            if (list[unique - 1].seq != list[i].seq)
                return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"),
                                 "the terms use two versions of %.*s: a contract uses one definition of each indicator",
                                 SLICE_ARG(list[i].name));
            continue;
        }
        list[unique++] = list[i];
    }
    manifest->indicators = list;
    manifest->indicator_count = unique;
    return TALLY_OK;
}

enum tally_code proposal_manifest(struct deciding *d, struct version_manifest *manifest, struct slice *text,
                                  uint8_t version_hash[32])
{
    enum tally_code rc = TALLY_OK;
    struct buf json;
    buf_init(&json, EVENT_BODY_MAX);
    memcpy(manifest->terms.bytes, PROPOSAL.terms_hash, DIGEST_LEN);
    struct version_party *parties = ARENA_ARRAY(d->arena, (size_t) PROPOSAL.party_count + 1, struct version_party);
    if (parties == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < PROPOSAL.party_count; i++)
        parties[i] = (struct version_party){PROPOSAL.parties[i].name, PROPOSAL.parties[i].actor, PROPOSAL.parties[i].kid};
    manifest->parties = parties;
    manifest->party_count = PROPOSAL.party_count;
    STEP(manifest_indicators(d, manifest));
    STEP(uses_take(d, manifest));
    version_manifest_write(manifest, &json);
    TRY(buf_check(&json, d->err));
    TRY(keep(d, buf_slice(&json), text));
    d->model->ports.sha256(VERSION_PREFIX, *text, version_hash);
done:
    buf_release(&json);
    return rc;
}

enum tally_code proposal_party(struct deciding *d, uint32_t i, struct row_party *out)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_party *party = terms_party(PROPOSAL.terms, i);
    const struct command_party *given = given_party(d, party->name);
    *out = (struct row_party){
        .contract = PROPOSAL.id,
        .party = given->name,
        .role = slice_str(terms_role_text(party->role)),
        .actor = given->actor,
        .kid = given->kid,
        .place = i,
        .signed_seq = ROW_NO_SEQ,
    };
    TRY(keep(d, party->label, &out->label));
done:
    return rc;
}

enum tally_code proposal_add_metrics(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < terms_metric_count(PROPOSAL.terms); i++) {
        const struct terms_metric *metric = terms_metric(PROPOSAL.terms, i);
        struct row_metric row = {.contract = PROPOSAL.id, .text_seq = d->place->seq, .place = i};
        TRY(keep(d, metric->name, &row.metric));
        if (metric->source == AST_SOURCE_INDICATOR) {
            TRY(keep(d, metric->slug, &row.indicator));
            row.indicator_version = metric->version;
        }
        TRY(change_metric(d, &row));
    }
done:
    return rc;
}
