#include "tally/policy.h"

#include "tally/text.h"

#define WORDS_MAX (3 + POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX) /* of a line: a group of everything */

struct reader {
    struct policy *policy;
    unsigned line;
    uint64_t used_witnesses, used_groups; /* members of some group already */
    bool has_quorum;
    struct slice words[WORDS_MAX];
    size_t count;
};

MUST_CHECK static enum tally_code wrong(const struct reader *r, struct err *err, const char *what, struct slice which)
{
    return err_set(err, TALLY_E_MALFORMED, "line %u: %s%.*s", r->line, what, SLICE_ARG(which));
}

/* ---- names ---- */

static size_t witness_find(const struct policy *policy, struct slice name)
{
    size_t at = 0;
    while (at < policy->witness_count && !slice_equal(policy->witnesses[at].name, name))
        at++;
    return at;
}

static size_t group_find(const struct policy *policy, struct slice name)
{
    size_t at = 0;
    while (at < policy->group_count && !slice_equal(policy->groups[at].name, name))
        at++;
    return at;
}

MUST_CHECK static enum tally_code name_check(const struct reader *r, struct slice name, struct err *err)
{
    const struct policy *policy = r->policy;
    if (name.len > POLICY_NAME_MAX)
        return err_set(err, TALLY_E_MALFORMED, "line %u: a name is longer than %d bytes", r->line, POLICY_NAME_MAX);
    if (slice_is(name, "none"))
        return wrong(r, err, "the name none stands for no quorum, and nothing else is called so", SLICE(""));
    if (witness_find(policy, name) < policy->witness_count || group_find(policy, name) < policy->group_count)
        return wrong(r, err, "there is a witness or a group of this name already: ", name);
    return TALLY_OK;
}

/* ---- keys ---- */

MUST_CHECK static enum tally_code key_is_new(const struct reader *r, const struct key_public *key, struct err *err)
{
    const struct policy *policy = r->policy;
    bool is_there = false;
    for (size_t i = 0; i < policy->log_count; i++)
        is_there |= memcmp(policy->logs[i].public_key.bytes, key->bytes, KEY_PUBLIC_LEN) == 0;
    for (size_t i = 0; i < policy->witness_count; i++)
        is_there |= memcmp(policy->witnesses[i].public_key.bytes, key->bytes, KEY_PUBLIC_LEN) == 0;
    return is_there ? wrong(r, err, "this key stands on a line before: each log and each witness has its own", SLICE(""))
                    : TALLY_OK;
}

MUST_CHECK static enum tally_code key_take(const struct reader *r, struct slice vkey, enum note_key_type type,
                                           struct note_key *out, struct key_public *public_key, struct err *err)
{
    struct err why = {0};
    struct slice name;
    struct key_public given;
    uint8_t given_type = 0;
    if (key_vkey_read(vkey, &name, &given_type, &given, &why) != TALLY_OK)
        return wrong(r, err, why.detail, SLICE(""));
    if (given_type != type)
        return wrong(r, err,
                     type == NOTE_KEY_ED25519 ? "a log's verifier key is of type 1, and this is not: "
                                              : "a witness's verifier key is of type 4, and this is not: ",
                     vkey);
    enum tally_code rc = key_is_new(r, &given, err);
    if (rc == TALLY_OK)
        rc = note_key_read(vkey, out, &why);
    else
        return rc;
    *public_key = given;
    if (rc == TALLY_E_NO_MEMORY || rc == TALLY_E_CRYPTO)
        return err_set(err, rc, "%s", why.detail);
    return rc == TALLY_OK ? TALLY_OK : wrong(r, err, why.detail, SLICE(""));
}

MUST_CHECK static enum tally_code url_check(const struct reader *r, struct slice url, struct err *err)
{
    return url.len <= POLICY_URL_MAX ? TALLY_OK : wrong(r, err, "the address is longer than 1024 bytes", SLICE(""));
}

/* ---- lines ---- */

/* log <vkey> [<url>] */
MUST_CHECK static enum tally_code take_log(struct reader *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct policy *policy = r->policy;
    struct policy_log *log = &policy->logs[policy->log_count];
    if (r->count < 2 || r->count > 3)
        return wrong(r, err, "it is to read: log VKEY [URL]", SLICE(""));
    if (policy->log_count == POLICY_LOGS_MAX)
        return err_set(err, TALLY_E_MALFORMED, "line %u: more than %d logs", r->line, POLICY_LOGS_MAX);
    *log = (struct policy_log){.vkey = r->words[1], .url = r->count > 2 ? r->words[2] : SLICE("")};
    TRY(url_check(r, log->url, err));
    TRY(key_take(r, log->vkey, NOTE_KEY_ED25519, &log->key, &log->public_key, err));
    if (policy_log_find(policy, slice_str(log->key.name)) != NULL) {
        rc = wrong(r, err, "two keys for one log leave open which is meant: ", slice_str(log->key.name));
        note_key_release(&log->key);
        goto done;
    }
    policy->log_count++;
done:
    return rc;
}

/* witness <name> <vkey> [<url>] */
MUST_CHECK static enum tally_code take_witness(struct reader *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct policy *policy = r->policy;
    struct policy_witness *witness = &policy->witnesses[policy->witness_count];
    if (r->count < 3 || r->count > 4)
        return wrong(r, err, "it is to read: witness NAME VKEY [URL]", SLICE(""));
    TRY(name_check(r, r->words[1], err));
    if (policy->witness_count == POLICY_WITNESSES_MAX)
        return err_set(err, TALLY_E_MALFORMED, "line %u: more than %d witnesses", r->line, POLICY_WITNESSES_MAX);
    *witness =
        (struct policy_witness){.name = r->words[1], .vkey = r->words[2], .url = r->count > 3 ? r->words[3] : SLICE("")};
    TRY(url_check(r, witness->url, err));
    TRY(key_take(r, witness->vkey, NOTE_KEY_COSIGNATURE, &witness->key, &witness->public_key, err));
    policy->witness_count++;
done:
    return rc;
}

/* A member is one of one group only: then each witness counts once. */
MUST_CHECK static enum tally_code member_take(struct reader *r, struct policy_group *group, struct slice name,
                                              struct err *err)
{
    const struct policy *policy = r->policy;
    size_t witness = witness_find(policy, name);
    size_t other = group_find(policy, name);
    bool is_witness = witness < policy->witness_count;
    if (!is_witness && other == policy->group_count)
        return wrong(r, err, "no line before names a witness or a group ", name);
    uint64_t *used = is_witness ? &r->used_witnesses : &r->used_groups;
    uint64_t bit = UINT64_C(1) << (is_witness ? witness : other);
    if ((*used & bit) != 0)
        return wrong(r, err, "a member of one group already, so that it would count twice: ", name);
    *used |= bit;
    *(is_witness ? &group->witnesses : &group->groups) |= bit;
    return TALLY_OK;
}

/* group <name> all|any|<k> <name>... */
MUST_CHECK static enum tally_code take_group(struct reader *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct policy *policy = r->policy;
    struct policy_group group = {0};
    uint64_t threshold = 1;
    if (r->count < 4)
        return wrong(r, err, "it is to read: group NAME all|any|K MEMBER...", SLICE(""));
    TRY(name_check(r, r->words[1], err));
    if (policy->group_count == POLICY_GROUPS_MAX)
        return err_set(err, TALLY_E_MALFORMED, "line %u: more than %d groups", r->line, POLICY_GROUPS_MAX);
    size_t members = r->count - 3;
    if (slice_is(r->words[2], "all"))
        threshold = members;
    else if (!slice_is(r->words[2], "any") && (text_u64(r->words[2], members, &threshold) != TALLY_OK || threshold == 0))
        return wrong(r, err, "how many of the members are needed is all, any, or a number from 1 to their number, not ",
                     r->words[2]);
    group.name = r->words[1];
    group.threshold = (unsigned) threshold;
    for (size_t i = 3; i < r->count; i++)
        TRY(member_take(r, &group, r->words[i], err));
    policy->groups[policy->group_count++] = group;
done:
    return rc;
}

/* quorum <name> */
MUST_CHECK static enum tally_code take_quorum(struct reader *r, struct err *err)
{
    struct policy *policy = r->policy;
    if (r->count != 2)
        return wrong(r, err, "it is to read: quorum NAME, a witness, a group, or none", SLICE(""));
    if (r->has_quorum)
        return wrong(r, err, "there is a quorum line already", SLICE(""));
    struct slice name = r->words[1];
    r->has_quorum = true;
    policy->quorum = POLICY_QUORUM_NONE;
    if (slice_is(name, "none"))
        return TALLY_OK;
    policy->quorum = POLICY_QUORUM_WITNESS;
    policy->quorum_at = witness_find(policy, name);
    if (policy->quorum_at < policy->witness_count)
        return TALLY_OK;
    policy->quorum = POLICY_QUORUM_GROUP;
    policy->quorum_at = group_find(policy, name);
    if (policy->quorum_at < policy->group_count)
        return TALLY_OK;
    return wrong(r, err, "no line before names a witness or a group ", name);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The words of a line; a comment has none. */
MUST_CHECK static enum tally_code split(struct reader *r, struct slice line, struct err *err)
{
    size_t at = 0;
    r->count = 0;
    for (;;) {
        while (at < line.len && is_blank(line.ptr[at]))
            at++;
        if (at == line.len || (r->count == 0 && line.ptr[at] == '#'))
            return TALLY_OK;
        size_t begin = at;
        for (; at < line.len && !is_blank(line.ptr[at]); at++) {
            unsigned char c = (unsigned char) line.ptr[at];
            if (c < ' ' || c == 0x7f)
                return wrong(r, err, "it has a control character", SLICE(""));
        }
        if (r->count == WORDS_MAX)
            return err_set(err, TALLY_E_MALFORMED, "line %u: more than %d words", r->line, (int) WORDS_MAX);
        r->words[r->count++] = slice_of(line.ptr + begin, at - begin);
    }
}

MUST_CHECK static enum tally_code take_line(struct reader *r, struct slice line, struct err *err)
{
    static const struct {
        const char *word;
        enum tally_code (*take)(struct reader *r, struct err *err);
    } kinds[] = {{"log", take_log}, {"witness", take_witness}, {"group", take_group}, {"quorum", take_quorum}};
    enum tally_code rc = split(r, line, err);
    if (rc != TALLY_OK || r->count == 0)
        return rc;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_is(r->words[0], kinds[i].word))
            return kinds[i].take(r, err);
    return wrong(r, err, "a line begins with log, witness, group or quorum, not with ", r->words[0]);
}

enum tally_code policy_read(struct slice text, struct policy *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct reader reader = {.policy = out};
    *out = (struct policy){0};
    if (text.len > POLICY_MAX)
        TRY(err_set(err, TALLY_E_MALFORMED, "a policy has at most %u bytes", POLICY_MAX));
    ENSURE(text.len == 0 || text.ptr != NULL);
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        TRY(err_set(err, TALLY_E_MALFORMED, "a policy is text, and this has a NUL"));
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        reader.line++;
        if (end == NULL) { /* "quorum X" may have been "quorum X-and-Y" */
            rc = wrong(&reader, err, "the last line has no line end: was the file cut off?", SLICE(""));
            goto done;
        }
        TRY(take_line(&reader, slice_of(text.ptr, (size_t) (end - text.ptr)), err));
        text = slice_of(end + 1, text.len - (size_t) (end + 1 - text.ptr));
    }
    if (!reader.has_quorum)
        TRY(err_set(err, TALLY_E_MALFORMED, "the policy has no quorum line (quorum none: witnesses are not asked for)"));
done:
    if (rc != TALLY_OK)
        policy_release(out);
    return rc;
}

void policy_release(struct policy *policy)
{
    for (size_t i = 0; i < policy->log_count; i++)
        note_key_release(&policy->logs[i].key);
    for (size_t i = 0; i < policy->witness_count; i++)
        note_key_release(&policy->witnesses[i].key);
    *policy = (struct policy){0};
}

/* ---- asking ---- */

const struct policy_log *policy_log_find(const struct policy *policy, struct slice origin)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (slice_is(origin, policy->logs[i].key.name))
            return &policy->logs[i];
    return NULL;
}

bool policy_has_quorum(const struct policy *policy)
{
    return policy->quorum != POLICY_QUORUM_NONE;
}

/* A group names only groups before it, so one pass in their order knows all. */
bool policy_is_met(const struct policy *policy, uint64_t witnesses)
{
    uint64_t groups = 0;
    for (size_t i = 0; i < policy->group_count; i++) {
        const struct policy_group *group = &policy->groups[i];
        int there = __builtin_popcountll(group->witnesses & witnesses) + __builtin_popcountll(group->groups & groups);
        if ((unsigned) there >= group->threshold)
            groups |= UINT64_C(1) << i;
    }
    switch (policy->quorum) {
    case POLICY_QUORUM_NONE:
        return true;
    case POLICY_QUORUM_WITNESS:
        return (witnesses >> policy->quorum_at & 1) != 0;
    case POLICY_QUORUM_GROUP:
        return (groups >> policy->quorum_at & 1) != 0;
    }
    return false;
}

enum tally_code policy_look(const struct policy *policy, const struct note *note, struct policy_seen *out, struct err *err)
{
    struct policy_seen seen = {0};
    for (size_t i = 0; i < policy->witness_count; i++) {
        enum tally_code rc = note_verify(note, &policy->witnesses[i].key, &seen.seconds[i], err);
        if (rc != TALLY_OK && rc != TALLY_E_NOT_FOUND)
            return rc;
        if (rc == TALLY_OK)
            seen.witnesses |= UINT64_C(1) << i;
    }
    *out = seen;
    return TALLY_OK;
}
