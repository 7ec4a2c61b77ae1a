/* Archives taken apart and put together again (support/forge.h): with nothing edited they are what they were, and with the ledger's key
 * only what that key alone cannot make right is found. */
#include "../../support/forge.h"
#include "small_ledger.h"

#include "../../../api/cli/verify_keys.h"
#include "tally/mem.h"
/* as in verify_test.c */
#include "../../../api/cli/verify_keys.c"

static void small_whole(struct small_ledger *l)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
    small_checkpoint(l, SMALL_WHOLE);
}

static void verify(const struct small_ledger *l, const struct buf *text, struct small_outcome *out)
{
    small_verify(buf_slice(text), l->vkey, VERIFY_SIGNATURES, 1, verify_keys_read, out);
}

static void all_signers(struct forge *f, const struct small_ledger *l)
{
    const struct key_pair *const keys[] = {l->op, l->prov, l->prov2, l->eva};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        forge_signer(f, keys[i]);
}

static void what_is_not_edited_is_what_it_was(void **state)
{
    static const unsigned PARTS[] = {0, FORGE_REBUILT, FORGE_LIVED};
    (void) state;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        struct small_ledger l;
        struct forge f;
        struct buf out;
        small_whole(&l);
        forge_read(&f, buf_slice(&l.text));
        all_signers(&f, &l);
        forge_write(&f, PARTS[i], l.ledger, &out);
        assert_int_equal(out.len, l.text.len);
        assert_memory_equal(out.ptr, l.text.ptr, out.len);
        buf_release(&out);
        forge_release(&f);
        small_end(&l);
    }
}

/* Entry 4 names entry 3; entry 3 is made two. */
static void put_in_twice(struct forge *f, const struct small_ledger *l, unsigned parts, struct buf *out)
{
    size_t at = forge_find(f, "result.submitted", 0);
    struct forge_entry *copy = forge_insert(f, at, &f->entries[at]);
    copy->header.jti = SLICE("another-statement-0");
    struct statement_draft draft = forge_draft(f, at, NULL);
    draft.jti = copy->header.jti;
    forge_sign(f, at, &draft, l->prov);
    forge_write(f, parts, l->ledger, out);
}

static void with_the_ledgers_key_alone_heads_give_it_away(void **state)
{
    struct small_ledger l;
    struct forge f;
    struct buf out;
    struct small_outcome found;
    (void) state;
    small_whole(&l);
    forge_read(&f, buf_slice(&l.text));
    put_in_twice(&f, &l, FORGE_REBUILT, &out);
    verify(&l, &out, &found);
    assert_true(found.count > 0);
    for (size_t i = 0; i < found.count; i++)
        assert_string_equal(finding_code_text(found.findings[i].code), "statement.head");
    buf_release(&out);
    forge_release(&f);
    small_end(&l);
}

static void with_everybodys_keys_nothing_gives_it_away(void **state)
{
    struct small_ledger l;
    struct forge f;
    struct buf out;
    struct small_outcome found;
    (void) state;
    small_whole(&l);
    forge_read(&f, buf_slice(&l.text));
    all_signers(&f, &l);
    put_in_twice(&f, &l, FORGE_LIVED, &out);
    verify(&l, &out, &found);
    for (size_t i = 0; i < found.count; i++)
        print_error("%s: %s\n", finding_code_text(found.findings[i].code), found.findings[i].detail);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.report.entries, SMALL_WHOLE + 1);
    buf_release(&out);
    forge_release(&f);
    small_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_edited_is_what_it_was),
        cmocka_unit_test(with_the_ledgers_key_alone_heads_give_it_away),
        cmocka_unit_test(with_everybodys_keys_nothing_gives_it_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
