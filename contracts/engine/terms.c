/* What a compiled text tells about itself. */
#include "eval.h"
#include "tally/instant.h"
#include "tally/mem.h"

void terms_free(struct terms *terms)
{
    if (terms == NULL)
        return;
    for (struct constant *k = terms->constants; k != NULL; k = k->next)
        mpq_clear(k->number);
    struct arena *arena = terms->arena;
    arena_free(arena); /* terms itself lies in it */
}

size_t terms_memory(const struct terms *terms)
{
    return arena_used(terms->arena) + terms->number_bytes;
}

#define ANSWER_TEXT_BYTES 120 /* key, amount, target and difference of an instance of two dimensions */
#define ANSWER_PLACE_BYTES 16 /* while it is looked at which of them are news */

/* Places of keys in the ways in which aggregates over open dimensions go through them (keys.c). */
static uint64_t walked_keys(const struct terms *terms, uint64_t most)
{
    uint64_t keys = 0;
    for (uint32_t i = 0; i < terms->metric_count; i++)
        for (const struct key_walk *walk = terms->metrics[i].walks; walk != NULL && keys <= most; walk = walk->next)
            keys += walk->shape.cells; /* below a half of UINT64_MAX: check_cost.c */
    return keys;
}

uint64_t terms_evaluation_bytes(const struct terms *terms)
{
    const uint64_t most = UINT64_MAX / 4096; /* of what is below, in bytes for each */
    uint64_t walked = walked_keys(terms, most);
    if (terms->instances > most || terms->keys > most || walked > most)
        return UINT64_MAX;
    uint64_t own = terms->instances * (sizeof(struct instance) + 2 * sizeof(struct instance *)) +
                   terms->keys * (sizeof(struct slot) + 2 * sizeof(uint32_t)) +
                   walked * 2 * sizeof(uint64_t); /* while they are sorted */
    uint64_t given = terms->instances * (sizeof(struct engine_record) + sizeof(struct engine_instance) + ANSWER_TEXT_BYTES +
                                         ANSWER_PLACE_BYTES) +
                     terms->keys * sizeof(struct engine_fact);
    return own > given ? own : given;
}

enum tally_code terms_format(struct slice source, struct diags *diags, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct ast_text *ast = NULL;
    struct arena *arena = arena_new(PROGRAM_BYTES_MAX);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to read a text");
    TRY(ast_parse(source, arena, diags, &ast, err));
    if (diags->errors > 0) {
        rc = err_set(err, TALLY_E_MALFORMED, "a text with errors of syntax has no layout");
        goto done;
    }
    TRY(ast_format(ast, out, err));
done:
    arena_free(arena);
    return rc;
}

const struct ast_text *terms_ast(const struct terms *terms)
{
    return terms->ast;
}

struct slice terms_source(const struct terms *terms)
{
    return terms->ast->source;
}

struct slice terms_slug(const struct terms *terms)
{
    return terms->ast->slug;
}

struct slice terms_title(const struct terms *terms)
{
    return terms->ast->title;
}

int terms_clock_minutes(const struct terms *terms)
{
    return terms->ast->clock_minutes;
}

int32_t terms_closes(const struct terms *terms)
{
    return terms->ast->has_closes ? terms->ast->closes : DAY_NEVER;
}

uint32_t terms_party_count(const struct terms *terms)
{
    return terms->party_count;
}

const struct terms_party *terms_party(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->party_count + terms->stand_in_count);
    return &terms->parties[i];
}

const char *terms_role_text(enum ast_role role)
{
    switch (role) {
    case AST_OUTCOME_PAYER:
        return "outcome payer";
    case AST_INVESTOR:
        return "investor";
    case AST_GUARANTOR:
        return "guarantor";
    case AST_INTERMEDIARY:
        return "intermediary";
    case AST_BACKBONE:
        return "backbone";
    case AST_PROVIDER:
        return "provider";
    case AST_EVALUATOR:
        return "evaluator";
    case AST_AUDITOR:
        return "auditor";
    }
    ENSURE(false); /* not covered: every role is above */
    return "";
}

static uint32_t find(const struct terms *terms, struct slice name, enum symbol_kind kind)
{
    const struct symbol *s = symbols_find(&terms->symbols, name);
    return s == NULL || s->kind != kind ? TERMS_NONE : s->at;
}

uint32_t terms_find_party(const struct terms *terms, struct slice name)
{
    return find(terms, name, SYMBOL_PARTY);
}

uint32_t terms_class_count(const struct terms *terms)
{
    return terms->class_count;
}

const struct terms_class *terms_class(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->class_count);
    return &terms->classes[i];
}

static bool has_signer(const struct signer *signer, const bool *has_signed, const struct terms_joined *classes)
{
    uint32_t signed_count = 0;
    if (signer->kind == SIGNER_SHARE) {
        struct terms_joined of = classes == NULL ? (struct terms_joined){0, 0} : classes[signer->party_class];
        return of.has_signed > 0 && (uint64_t) of.has_signed * signer->count >= (uint64_t) of.joined * signer->needed;
    }
    for (uint32_t i = 0; i < signer->count; i++)
        signed_count += has_signed[signer->parties[i]] ? 1u : 0u;
    return signed_count >= signer->needed;
}

/* signers NULL: every party. */
static bool is_met(const struct terms *terms, const struct signer *signers, uint32_t count, const bool *has_signed,
                   const struct terms_joined *classes)
{
    for (uint32_t i = 0; signers == NULL && i < terms->party_count; i++)
        if (!has_signed[i])
            return false;
    for (uint32_t i = 0; signers != NULL && i < count; i++)
        if (!has_signer(&signers[i], has_signed, classes))
            return false;
    return true;
}

bool terms_in_force_with(const struct terms *terms, const bool *has_signed, const struct terms_joined *classes)
{
    return is_met(terms, terms->signers, terms->signer_count, has_signed, classes);
}

/* Who signs an amendment; NULL: every party. */
static const struct signer *amenders(const struct terms *terms, uint32_t *count)
{
    *count = terms->amenders == NULL ? terms->signer_count : terms->amender_count;
    return terms->amenders == NULL ? terms->signers : terms->amenders;
}

bool terms_amended_with(const struct terms *terms, const bool *has_signed, const struct terms_joined *classes)
{
    uint32_t count = 0;
    const struct signer *signers = amenders(terms, &count);
    return is_met(terms, signers, count, has_signed, classes);
}

static bool names_party(const struct signer *signer, uint32_t party)
{
    for (uint32_t i = 0; signer->kind != SIGNER_SHARE && i < signer->count; i++)
        if (signer->parties[i] == party)
            return true;
    return false;
}

bool terms_amendment_wants(const struct terms *terms, uint32_t party, const bool *has_signed,
                           const struct terms_joined *classes)
{
    uint32_t count = 0;
    const struct signer *signers = amenders(terms, &count);
    for (uint32_t i = 0; signers != NULL && i < count && !has_signed[party]; i++)
        if (names_party(&signers[i], party) && !has_signer(&signers[i], has_signed, classes))
            return true;
    return signers == NULL && !has_signed[party];
}

bool terms_amendment_wants_class(const struct terms *terms, uint32_t party_class, const bool *has_signed,
                                 const struct terms_joined *classes)
{
    uint32_t count = 0;
    const struct signer *signers = amenders(terms, &count);
    for (uint32_t i = 0; signers != NULL && i < count; i++)
        if (signers[i].kind == SIGNER_SHARE && signers[i].party_class == party_class &&
            !has_signer(&signers[i], has_signed, classes))
            return true;
    return false;
}

bool terms_in_force(const struct terms *terms, const bool *has_signed)
{
    return terms_in_force_with(terms, has_signed, NULL);
}

uint32_t terms_dimension_count(const struct terms *terms)
{
    return terms->dimension_count;
}

const struct terms_dimension *terms_dimension(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->dimension_count);
    return &terms->dimensions[i].shown;
}

uint32_t terms_member_of_day(const struct terms *terms, uint32_t dimension, int32_t day)
{
    ENSURE(dimension < terms->dimension_count && terms->dimensions[dimension].shown.kind == TERMS_PERIOD);
    return dimension_of_day(&terms->dimensions[dimension], day);
}

uint32_t terms_metric_count(const struct terms *terms)
{
    return terms->metric_count;
}

const struct terms_metric *terms_metric(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->metric_count);
    return &terms->metrics[i].shown;
}

uint32_t terms_use_count(const struct terms *terms)
{
    return terms->use_count;
}

const struct terms_use *terms_use(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->use_count);
    return &terms->uses[i];
}

uint32_t terms_find_metric(const struct terms *terms, struct slice name)
{
    return find(terms, name, SYMBOL_METRIC);
}

uint32_t terms_rule_count(const struct terms *terms)
{
    return terms->rule_count;
}

const struct terms_rule *terms_rule(const struct terms *terms, uint32_t i)
{
    ENSURE(i < terms->rule_count);
    return &terms->rules[i].shown;
}

uint32_t terms_find_rule(const struct terms *terms, struct slice name)
{
    return find(terms, name, SYMBOL_RULE);
}

bool terms_names_persons(const struct terms *terms, uint32_t rule)
{
    const struct terms_rule *r = terms_rule(terms, rule);
    for (uint32_t i = 0; i < r->each_count; i++)
        if (terms_dimension(terms, r->each[i])->kind == TERMS_PERSONS)
            return true;
    return false;
}

int32_t terms_due_day(const struct terms *terms, uint32_t rule, int32_t day)
{
    const struct terms_rule *r = terms_rule(terms, rule);
    int32_t due = DAY_NEVER;
    if (!r->has_due)
        return day;
    uint32_t calendar = terms->rules[rule].due_calendar;
    if (calendar != TERMS_NONE)
        return calendar_move(&terms->calendars[calendar], day, r->due);
    if (r->due_in_months)
        return day_add_months(day, r->due, &due) == TALLY_OK ? due : DAY_NEVER;
    return (int64_t) day + r->due > DAY_MAX ? DAY_NEVER : (int32_t) (day + (int64_t) r->due);
}
