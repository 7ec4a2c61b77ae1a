/* Which texts of a history belong together: by the hashes that stand in them, amendments make one contract with what they amend, and
 * used contracts come before those that use them (language.md V1, U2, U5). */
#include "history_internal.h"

#define SOURCES_MAX 64 /* texts of one history: as many as anybody may want to keep apart */

struct world {
    const struct history_source *sources;
    size_t count;
    struct arena *arena;
    struct history *history;
    struct err *err;
    uint32_t before[SOURCES_MAX];   /* the text that it amends; TERMS_NONE */
    uint32_t after[SOURCES_MAX];    /* the text that amends it */
    uint32_t contract[SOURCES_MAX]; /* of each text, once it is known */
    uint8_t state[SOURCES_MAX];     /* of its first text: 1 on the way, 2 done */
    struct history_contract *contracts;
    uint32_t contract_count;
};

#define BAD_TEXT(w, i, ...) bad_text((w), (i), arena_printf((w)->arena, __VA_ARGS__))

MUST_CHECK static enum tally_code bad_text(const struct world *w, size_t i, struct slice what)
{
    if (what.ptr == NULL)
        return err_set(w->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    if (i == 0)
        return err_set(w->err, TALLY_E_MALFORMED, "/texts: the terms: %.*s", SLICE_ARG(what));
    return err_set(w->err, TALLY_E_MALFORMED, "/texts/%zu: %.*s: %.*s", i - 1, SLICE_ARG(w->sources[i].file),
                   SLICE_ARG(what));
}

static uint32_t text_of_hash(const struct world *w, struct slice hash)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->sources[i].hash.len > 0 && slice_equal(w->sources[i].hash, hash))
            return i;
    return TERMS_NONE;
}

/* ---- amendments ---- */

MUST_CHECK static enum tally_code find_before(struct world *w, uint32_t i)
{
    enum tally_code rc = TALLY_OK;
    const struct ast_text *ast = terms_ast(w->sources[i].terms);
    bool fits = false;
    struct slice why = SLICE("");
    w->before[i] = TERMS_NONE;
    if (!ast->is_amendment)
        return TALLY_OK;
    uint32_t before = text_of_hash(w, ast->amends);
    if (before == TERMS_NONE)
        return BAD_TEXT(w, i, "it amends the text %.*s, which is not among \"texts\"; name its file there",
                        SLICE_ARG(ast->amends));
    if (w->after[before] != TERMS_NONE)
        return BAD_TEXT(w, i, "another text amends the same one");
    TRY(engine_amends(w->sources[i].terms, w->sources[before].terms, w->arena, &fits, &why, w->err));
    if (!fits)
        return BAD_TEXT(w, i, "it cannot amend: %.*s", SLICE_ARG(why));
    w->before[i] = before;
    w->after[before] = i;
done:
    return rc;
}

static uint32_t first_of(const struct world *w, uint32_t i)
{
    while (w->before[i] != TERMS_NONE)
        i = w->before[i];
    return i;
}

/* ---- contracts, used ones first ---- */

MUST_CHECK static enum tally_code add_contract(struct world *w, uint32_t first);

MUST_CHECK static enum tally_code find_use(struct world *w, uint32_t i, uint32_t use, struct history_use *out)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_use *u = terms_use(w->sources[i].terms, use);
    uint32_t text = text_of_hash(w, u->hash), place = 0;
    if (text == TERMS_NONE)
        return BAD_TEXT(w, i, "it uses `%.*s`, the text %.*s, which is not among \"texts\"; name its file there",
                        SLICE_ARG(u->name), SLICE_ARG(u->hash));
    uint32_t first = first_of(w, text);
    if (w->state[first] == 1)
        return BAD_TEXT(w, i, "it uses `%.*s`, which uses it too", SLICE_ARG(u->name));
    if (w->state[first] == 0)
        TRY(add_contract(w, first));
    for (uint32_t k = first; k != text; k = w->after[k])
        place++;
    *out = (struct history_use){w->contract[first], place};
    for (uint32_t k = text; k != TERMS_NONE; k = u->as_amended ? w->after[k] : TERMS_NONE) {
        bool fits = false;
        struct slice why = SLICE("");
        TRY(engine_link(w->sources[i].terms, use, w->sources[k].terms, w->arena, &fits, &why, w->err));
        if (!fits)
            return BAD_TEXT(w, i, "it cannot use `%.*s`: %.*s", SLICE_ARG(u->name), SLICE_ARG(why));
    }
done:
    return rc;
}

MUST_CHECK static enum tally_code find_uses(struct world *w, uint32_t i, struct history_use **out)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = terms_use_count(w->sources[i].terms);
    struct history_use *uses = ARENA_ARRAY(w->arena, (size_t) count + 1, struct history_use);
    if (uses == NULL)
        return err_set(w->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    for (uint32_t use = 0; use < count; use++)
        TRY(find_use(w, i, use, &uses[use]));
    *out = uses;
done:
    return rc;
}

MUST_CHECK static enum tally_code add_contract(struct world *w, uint32_t first)
{
    enum tally_code rc = TALLY_OK;
    struct history_contract made = {.slug = terms_slug(w->sources[first].terms)};
    for (uint32_t i = first; i != TERMS_NONE; i = w->after[i])
        made.text_count++;
    made.texts = ARENA_ARRAY(w->arena, made.text_count, const struct history_source *);
    made.uses = ARENA_ARRAY(w->arena, made.text_count, struct history_use *);
    if (made.texts == NULL || made.uses == NULL)
        return err_set(w->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    w->state[first] = 1;
    uint32_t k = 0;
    for (uint32_t i = first; i != TERMS_NONE; i = w->after[i], k++) {
        made.texts[k] = &w->sources[i];
        TRY(find_uses(w, i, &made.uses[k]));
    }
    w->state[first] = 2;
    w->contract[first] = w->contract_count;
    for (uint32_t i = 0; i < w->contract_count; i++)
        if (slice_equal(w->contracts[i].slug, made.slug))
            return BAD_TEXT(w, first, "another contract is called %.*s too", SLICE_ARG(made.slug));
    w->contracts[w->contract_count++] = made;
done:
    return rc;
}

enum tally_code world_make(const struct history_source *sources, size_t count, struct arena *arena, struct history *history,
                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct world w = {.sources = sources, .count = count, .arena = arena, .history = history, .err = err};
    if (count > SOURCES_MAX)
        return err_set(err, TALLY_E_MALFORMED, "/texts: names more than %d texts", SOURCES_MAX - 1);
    w.contracts = ARENA_ARRAY(arena, count, struct history_contract);
    if (w.contracts == NULL)
        return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    for (uint32_t i = 0; i < count; i++)
        w.after[i] = TERMS_NONE;
    for (uint32_t i = 0; i < count; i++)
        TRY(find_before(&w, i));
    TRY(add_contract(&w, first_of(&w, 0)));
    for (uint32_t i = 0; i < count; i++)
        if (w.state[first_of(&w, i)] == 0)
            TRY(BAD_TEXT(&w, i, "nothing uses or amends it; take it out of \"texts\""));
    history->contracts = w.contracts;
    history->contract_count = w.contract_count;
    history->main = w.contract[first_of(&w, 0)];
done:
    return rc;
}
