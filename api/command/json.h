/* Strict JSON (formats.md, Canonical JSON) and readers that look like the schema of what they read. What is wrong is collected
 * with a pointer (RFC 6901) to its place; the caller looks at reader->refusal once at the end. */
#ifndef COMMAND_JSON_H
#define COMMAND_JSON_H

#include <jansson.h>

#include "tally/command.h"

#define JSON_DEPTH_MAX 32
#define JSON_VALUES_MAX 400000 /* 10,000 results of 32 dimensions; a tree of so many takes some 40 MB */

struct reader {
    struct arena *arena;
    struct refusal *refusal; /* NULL: nothing wrong so far */
    int errors;
    struct err *err;
    enum tally_code rc; /* not TALLY_OK: we failed */
};

/* Where a value stands; on the stack of whoever reads it. */
struct path {
    const struct path *up; /* NULL: the body */
    const char *name;      /* member, or NULL: */
    size_t index;          /* item */
};

/* Another thing wrong; the first makes the refusal. */
void reader_wrong(struct reader *r, enum refusal_code code, const struct path *path, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* What this allocates failed. */
void reader_failed(struct reader *r, enum tally_code code);
/* Nothing wrong, nothing failed. */
bool reader_is_fine(const struct reader *r);
bool reader_is_full(const struct reader *r); /* as many places are named as one refusal holds */

/* The body as a tree, or NULL with the reason in r. json_decref it. */
json_t *json_read(struct reader *r, struct slice body);

/* ---- members of an object ---- */
enum member_kind { MEMBER_TEXT, MEMBER_WHOLE, MEMBER_FLAG, MEMBER_CHOICE, MEMBER_OBJECT, MEMBER_ARRAY };

struct member {
    const char *name;
    enum member_kind kind;
    bool is_optional;                    /* left out: *out stays as it is */
    bool (*is_right)(struct slice text); /* MEMBER_TEXT: its form */
    const char *wanted;                  /* the form in words; of a choice: its words, parted by "|" */
    uint64_t min, max;                   /* length in bytes, or range */
    void *out;                           /* struct slice (in the arena), uint64_t, bool, int, json_t * (borrowed) */
};

#define TEXT(name, form, wanted, min, max, out)                                                                            \
    {                                                                                                                      \
        (name), MEMBER_TEXT, false, (form), (wanted), (min), (max), (out)                                                  \
    }
#define TEXT_OR_NOT(name, form, wanted, min, max, out)                                                                     \
    {                                                                                                                      \
        (name), MEMBER_TEXT, true, (form), (wanted), (min), (max), (out)                                                   \
    }
#define WHOLE(name, min, max, out)                                                                                         \
    {                                                                                                                      \
        (name), MEMBER_WHOLE, false, NULL, NULL, (min), (max), (out)                                                       \
    }
#define WHOLE_OR_NOT(name, min, max, out)                                                                                  \
    {                                                                                                                      \
        (name), MEMBER_WHOLE, true, NULL, NULL, (min), (max), (out)                                                        \
    }
#define FLAG(name, out)                                                                                                    \
    {                                                                                                                      \
        (name), MEMBER_FLAG, false, NULL, NULL, 0, 0, (out)                                                                \
    }
#define FLAG_OR_NOT(name, out)                                                                                             \
    {                                                                                                                      \
        (name), MEMBER_FLAG, true, NULL, NULL, 0, 0, (out)                                                                 \
    }
#define CHOICE(name, words, out)                                                                                           \
    {                                                                                                                      \
        (name), MEMBER_CHOICE, false, NULL, (words), 0, 0, (out)                                                           \
    }
#define CHOICE_OR_NOT(name, words, out)                                                                                    \
    {                                                                                                                      \
        (name), MEMBER_CHOICE, true, NULL, (words), 0, 0, (out)                                                            \
    }
#define OBJECT(name, out)                                                                                                  \
    {                                                                                                                      \
        (name), MEMBER_OBJECT, false, NULL, NULL, 0, 0, (out)                                                              \
    }
#define ARRAY(name, out)                                                                                                   \
    {                                                                                                                      \
        (name), MEMBER_ARRAY, false, NULL, NULL, 0, 0, (out)                                                               \
    }
#define ARRAY_OR_NOT(name, out)                                                                                            \
    {                                                                                                                      \
        (name), MEMBER_ARRAY, true, NULL, NULL, 0, 0, (out)                                                                \
    }

/* Exactly these members; true when all of them are right. */
bool read_members(struct reader *r, const struct path *path, json_t *value, const struct member *members, size_t count);
#define READ_MEMBERS(r, path, value, members)                                                                              \
    read_members((r), (path), (value), (members), sizeof(members) / sizeof((members)[0]))
/* One value by itself, as a member of this description would be read. */
bool read_value(struct reader *r, const struct path *path, json_t *value, const struct member *member);

/* ---- forms of texts ---- */
bool form_id(struct slice text);
bool form_slug(struct slice text);   /* of an indicator */
bool form_name(struct slice text);   /* of the terms: [a-z][a-z0-9_]* */
bool form_member(struct slice text); /* of a dimension */
bool form_kid(struct slice text);
bool form_hex256(struct slice text);
bool form_unit(struct slice text);  /* a KIND of the terms, or "word" */
bool form_line(struct slice text);  /* one line for people: no control character */
bool form_prose(struct slice text); /* for people: LF and no other control character */
bool form_day(struct slice text);
#define WANTED_ID "an id: 1 to 64 of a-z 0-9 . _ -, beginning with a letter"
#define WANTED_SLUG "a slug: words of a-z 0-9 joined by . or -, like \"nyc.bed-days\""
#define WANTED_NAME "a name: a-z 0-9 _, beginning with a letter"
#define WANTED_MEMBER "a member: 1 to 64 of A-Z a-z 0-9 . _ : / -"
#define WANTED_KID "a key's thumbprint: 43 characters of base64url"
#define WANTED_LINE "one line without control characters"
#define WANTED_PROSE "text without control characters but line feeds"

#endif
