/* Bodies, signatures and headers that somebody has made up, committed to and linked rightly: whatever they say, replay ends with findings or
 * without, and never otherwise. ROUNDS and SEED in the environment run it longer, elsewhere. */
#include "../../support/book_story.h"
#include "replay_help.h"

static uint64_t random_state = 1;

static uint32_t dice(uint32_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t) (random_state % sides);
}

static const char *const tokens[] = {"\"",
                                     "{}",
                                     "[]",
                                     "null",
                                     "true",
                                     "0",
                                     "-1",
                                     "1",
                                     "9007199254740991",
                                     "18446744073709551615",
                                     "1e400",
                                     "\"deal\"",
                                     "\"other\"",
                                     "\"seq\":",
                                     "\"items\":[0]",
                                     "\\u0000",
                                     "\"seller\"",
                                     "\"north\"",
                                     "\"value\":\"7\"",
                                     "\"open\":false,",
                                     "\"set\":true",
                                     "\"99999999999999999999\"",
                                     "\"100.00\"",
                                     ",",
                                     ":"};

/* A few bytes become others, or a piece is cut out, doubled, or replaced by a word. */
static struct slice mutated(struct forge *f, struct slice text)
{
    struct buf out;
    size_t at = text.len == 0 ? 0 : dice((uint32_t) text.len), len = dice(12);
    const char *token = tokens[dice(sizeof(tokens) / sizeof(tokens[0]))];
    len = len < text.len - at ? len : text.len - at;
    buf_init(&out, text.len * 2 + 256);
    buf_add(&out, text.ptr, at);
    switch (dice(5)) {
    case 0: /* cut out */
        break;
    case 1:
        buf_add(&out, text.ptr + at, len);
        buf_add(&out, text.ptr + at, len);
        break;
    case 2:
        buf_add_str(&out, token);
        break;
    case 3: /* a digit or letter becomes the next one */
        for (size_t i = 0; i < len; i++)
            buf_add_char(&out, (char) (text.ptr[at + i] >= '0' && text.ptr[at + i] < 'z' ? text.ptr[at + i] + (i == 0)
                                                                                         : text.ptr[at + i]));
        break;
    default:
        buf_add_str(&out, token);
        buf_add(&out, text.ptr + at, len);
        break;
    }
    buf_add(&out, text.ptr + at + len, text.len - at - len);
    struct slice copy = forge_keep(f, buf_slice(&out));
    buf_release(&out);
    return copy;
}

static void mutate_one(struct forge *f)
{
    static const char *const types[] = {"moment.reached",   "payment.triggered", "result.finalised",
                                        "result.submitted", "contract.proposed", "residue.kept",
                                        "body.erased",      "actor.registered",  "payment.itemised",
                                        "result.verified",  "dispute.resolved",  "settlement.recorded"};
    size_t at = dice((uint32_t) f->count);
    struct forge_entry *entry = &f->entries[at];
    switch (dice(8)) {
    case 0:
        forge_swap(f, at, dice((uint32_t) f->count));
        break;
    case 1:
        (void) forge_insert(f, dice((uint32_t) f->count), entry);
        break;
    case 2:
        forge_remove(f, at);
        break;
    case 3:
        entry->header.type = slice_str(types[dice(sizeof(types) / sizeof(types[0]))]);
        break;
    case 4:
        entry->state = (enum archive_body) dice(3);
        break;
    case 5:
        entry->header.time.us += ((int64_t) dice(3) - 1) * INT64_C(86400000000) * dice(2000);
        break;
    default:
        entry->body = mutated(f, entry->body);
        break;
    }
}

/* Text of an archive is UTF-8: what is not, no line can hold. */
static bool is_text(const struct forge *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (!text_is_utf8(f->entries[i].body, NULL) || f->entries[i].header.time.us < 0)
            return false;
    return true;
}

static void whatever_an_archive_says_replay_ends(void **state)
{
    struct book b;
    struct buf archive;
    const char *rounds = getenv("ROUNDS"), *seed = getenv("SEED");
    uint64_t count = rounds == NULL ? 300 : strtoull(rounds, NULL, 10);
    size_t with = 0;
    (void) state;
    random_state = seed == NULL ? 4711 : strtoull(seed, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    tell(&b);
    size_t at = forge_find(&b.f, "result.submitted", 0);
    char path[80];
    (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", at);
    BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
    book_archive(&b, &archive);
    for (uint64_t i = 0; i < count; i++) {
        struct forge f;
        struct found found;
        forge_read(&f, buf_slice(&archive));
        for (size_t k = 0; k < b.actor_count; k++)
            forge_signer(&f, b.actors[k].key);
        for (uint32_t deeds = 1 + dice(3); deeds > 0; deeds--)
            mutate_one(&f);
        if (f.entries[0].was == 0 && is_text(&f)) {
            verify_forged(&f, dice(2) == 0 ? FORGE_REBUILT : FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
            with += found.count > 0 ? 1 : 0;
        }
        forge_release(&f);
    }
    assert_true(with > count / 3);
    buf_release(&archive);
    book_end(&b);
}

#define SEED "tests/fuzz/seeds/replay-story.jsonl"

/* What fuzz/fuzz_replay.c begins with is a ledger as it is kept today. WRITE_SEED=1 in the environment writes it. */
static void the_seed_of_the_fuzzer_is_this_story(void **state)
{
    struct book b;
    struct buf archive;
    char path[80];
    (void) state;
    tell(&b);
    (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", forge_find(&b.f, "result.submitted", 0));
    BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
    book_archive(&b, &archive);
    FILE *file = fopen(SEED, getenv("WRITE_SEED") != NULL ? "w+e" : "re");
    assert_non_null(file);
    if (getenv("WRITE_SEED") != NULL) {
        assert_int_equal(fwrite(archive.ptr, 1, archive.len, file), archive.len);
        rewind(file);
    }
    char *seed = test_malloc(archive.len + 1);
    size_t len = fread(seed, 1, archive.len + 1, file);
    if (len != archive.len || memcmp(seed, archive.ptr, len) != 0)
        fail_msg("%s is another one: WRITE_SEED=1 writes it anew", SEED);
    test_free(seed);
    (void) fclose(file);
    buf_release(&archive);
    book_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seed_of_the_fuzzer_is_this_story),
        cmocka_unit_test(whatever_an_archive_says_replay_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
