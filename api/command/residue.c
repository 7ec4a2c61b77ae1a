/* What is left of an erased body, and what was recorded of it. */
#include "tally/residue.h"

#include <jansson.h>
#include <string.h>

#include "tally/command.h"
#include "tally/text.h"

#define RESIDUE_MAX ENTRY_BODY_MAX

/* What erasing removes, for each type whose bodies can be erased; words are parted by spaces. */
static const struct form {
    bool is_kept;
    const char *dropped;      /* members that are left out */
    const char *blanked;      /* members that become RESIDUE_TEXT: the type's bodies must have them */
    const char *of_each_item; /* members that are left out of each of "items" */
    const char *why_not;      /* a type whose bodies cannot be erased */
} forms[ENTRY_TYPE_COUNT] = {
    [ENTRY_RESULT_SUBMITTED] = {.is_kept = true},
    [ENTRY_RESULT_RESTATED] = {.is_kept = true, .dropped = "note"},
    [ENTRY_RESULT_WITHDRAWN] = {.is_kept = true, .dropped = "note"},
    [ENTRY_RESULT_VERIFIED] = {.is_kept = true, .dropped = "note"},
    [ENTRY_RESULT_DISPUTED] = {.is_kept = true, .blanked = "reason"},
    [ENTRY_DISPUTE_RESOLVED] = {.is_kept = true, .dropped = "note"},
    [ENTRY_SETTLEMENT_RECORDED] = {.is_kept = true, .blanked = "reference"},
    [ENTRY_PAYMENT_ITEMISED] = {.is_kept = true, .dropped = "explanation", .of_each_item = "key"},
    [ENTRY_LEDGER_CREATED] = {.why_not = "it says what the ledger is"},
    [ENTRY_ACTOR_REGISTERED] = {.why_not = "every signature of the actor rests on the key in it"},
    [ENTRY_KEY_ADDED] = {.why_not = "every signature with this key rests on it"},
    [ENTRY_KEY_REVOKED] = {.why_not = "which signatures count rests on it"},
    [ENTRY_INDICATOR_DEFINED] = {.why_not = "a definition is everybody's, and names nobody"},
    [ENTRY_CONTRACT_PROPOSED] = {.why_not = "the terms are what every amount is computed from"},
    [ENTRY_CONTRACT_AMENDMENT_PROPOSED] = {.why_not = "the terms are what every amount is computed from"},
};

bool residue_is_kept(enum entry_type type, const char **why)
{
    ENSURE((size_t) type < ENTRY_TYPE_COUNT);
    const char *said = forms[type].why_not;
    *why = forms[type].is_kept ? NULL : said != NULL ? said : "it holds nothing but what calculations need";
    return forms[type].is_kept;
}

static bool is_among(const char *words, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = words; at != NULL && *at != '\0'; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == len && memcmp(at, name, len) == 0)
            return true;
    return false;
}

static void drop(json_t *object, const char *words)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(object, next, name, value)
    {
        if (is_among(words, name))
            (void) json_object_del(object, name);
    }
}

MUST_CHECK static bool blank(json_t *object, const char *words)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (is_among(words, name) && json_object_set_new(object, name, json_string(RESIDUE_TEXT)) != 0)
            return false;
    }
    return true;
}

static int add_text(const char *text, size_t len, void *out)
{
    buf_add(out, text, len);
    return 0;
}

/* Canonical: names are ASCII, and no text of these bodies has a control character but LF. */
MUST_CHECK static enum tally_code write_json(const json_t *json, struct arena *arena, struct slice *out, struct err *err)
{
    struct buf text;
    buf_init(&text, RESIDUE_MAX);
    enum tally_code rc = TALLY_OK;
    if (json_dump_callback(json, add_text, &text, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) != 0)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a residue"));
    TRY(buf_check(&text, err));
    TRY(arena_copy(arena, text.ptr, text.len, out, err));
done:
    buf_release(&text);
    return rc;
}

enum tally_code residue_make(enum entry_type type, struct slice body, struct arena *arena, struct slice *out,
                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t i;
    json_t *item;
    ENSURE((size_t) type < ENTRY_TYPE_COUNT && forms[type].is_kept);
    json_t *json = json_loadb(body.ptr == NULL ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json))
        TRY(err_set(err, TALLY_E_INTEGRITY, "a recorded %s is no JSON object", entry_type_text(type)));
    drop(json, forms[type].dropped);
    if (!blank(json, forms[type].blanked))
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a residue"));
    json_array_foreach(json_object_get(json, "items"), i, item)
    {
        drop(item, forms[type].of_each_item);
    }
    TRY(write_json(json, arena, out, err));
done:
    json_decref(json);
    return rc;
}

static bool whole_of(const json_t *json, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(json, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t) json_integer_value(value) > ENTRY_SEQ_MAX)
        return false;
    *out = (uint64_t) json_integer_value(value);
    return true;
}

static bool text_of(const json_t *json, const char *name, struct slice *out)
{
    const json_t *value = json_object_get(json, name);
    if (!json_is_string(value))
        return false;
    *out = slice_of(json_string_value(value), json_string_length(value));
    return true;
}

enum tally_code residue_read(struct slice body, struct arena *arena, struct residue *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct residue read = {0};
    struct slice type = {NULL, 0};
    json_t *json = json_loadb(body.ptr == NULL ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    bool is_right = json_is_object(json) && json_object_size(json) == 7 && whole_of(json, "entry", &read.entry) &&
                    whole_of(json, "cause", &read.cause) && whole_of(json, "head", &read.head_seq) &&
                    text_of(json, "kid", &read.kid) && text_of(json, "target", &read.target) &&
                    text_of(json, "type", &type) && entry_type_find(type, &read.type) == TALLY_OK &&
                    json_is_object(json_object_get(json, "body")) && read.entry < read.cause;
    if (!is_right)
        TRY(err_set(err, TALLY_E_MALFORMED, "this is no body of residue.kept"));
    TRY(arena_copy(arena, read.kid.ptr, read.kid.len, &read.kid, err));
    TRY(arena_copy(arena, read.target.ptr, read.target.len, &read.target, err));
    TRY(write_json(json_object_get(json, "body"), arena, &read.body, err));
    *out = read;
done:
    json_decref(json);
    return rc;
}

bool command_fill_erasure(struct command *command, enum entry_type type, struct slice author, bool open)
{
    const char *why_not = NULL;
    bool is_kept = residue_is_kept(type, &why_not);
    command->u.erase_body.author = author;
    command->u.erase_body.type = slice_str(entry_type_text(type));
    command->u.erase_body.open = open;
    command->u.erase_body.is_of_results =
        type == ENTRY_RESULT_SUBMITTED || type == ENTRY_RESULT_RESTATED || type == ENTRY_RESULT_WITHDRAWN;
    command->u.erase_body.residue = SLICE("{}");
    command->u.erase_body.kid = SLICE("");
    command->u.erase_body.target = SLICE("");
    command->u.erase_body.head_seq = 0;
    command->u.erase_body.is_erased = false;
    command->u.erase_body.why_not = slice_str(is_kept ? "" : why_not);
    return is_kept;
}
