/* tally-verify takes no more memory for many entries than for few. */
#include "verify_help.h"

/* A ledger of one actor's statements, or of as many of the service's own; each its own id. */
struct long_ledger {
    struct small_ledger l;
    int fd;
    struct buf jws; /* one statement's signature, which level chain does not look at */
};

static void write_all(int fd, const struct buf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->ptr + done, text->len - done);
        assert_true(n > 0);
        done += (size_t) n;
    }
}

/* count entries behind the first three, into the file; each is of another actor's jti. */
static void add_entries(struct long_ledger *long_, uint64_t count)
{
    struct digest before = long_->l.hashes[long_->l.seq - 1];
    struct buf header, text;
    char jti[32];
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&text, 1u << 20);
    for (uint64_t seq = long_->l.seq; seq < count; seq++) {
        struct archive_entry line = {.jws = SLICE("eyJ..c2ln"),
                                     .body = SLICE("{\"indicator\":\"bed-days\",\"value\":\"90\"}")};
        (void) snprintf(jti, sizeof jti, "statement-%012llu", (unsigned long long) seq);
        struct entry_header h = {.seq = seq,
                                 .time = {SMALL_START + (int64_t) seq * 1000000},
                                 .actor = SLICE("prov"),
                                 .type = SLICE("result.submitted"),
                                 .jti = slice_str(jti),
                                 .ledger = SLICE(SMALL_ORIGIN),
                                 .prev = before,
                                 .open = true};
        entry_commitment(line.nonce, line.jws, line.body, &h.body);
        buf_clear(&header);
        entry_header_write(&h, &header);
        line.header = buf_slice(&header);
        entry_hash(line.header, &before);
        archive_write_entry(&line, &text);
        if (text.len > 900000 || seq + 1 == count) {
            write_all(long_->fd, &text);
            buf_clear(&text);
        }
    }
    buf_release(&header);
    buf_release(&text);
}

static long peak_of(uint64_t count, const char *level)
{
    static struct long_ledger long_;
    struct ran ran;
    char path[] = "/tmp/tally-verify-XXXXXX";
    long_.fd = mkstemp(path);
    assert_true(long_.fd >= 0);
    small_begin(&long_.l, count);
    write_all(long_.fd, &long_.l.text);
    add_entries(&long_, count);
    (void) close(long_.fd);
    char *argv[] = {program,
                    path,
                    (char *) (uintptr_t) "--vkey",
                    long_.l.vkey,
                    (char *) (uintptr_t) "--level",
                    (char *) (uintptr_t) level,
                    NULL};
    run(argv, (struct slice){0}, &ran);
    assert_int_equal(unlink(path), 0);
    if (strcmp(level, "chain") == 0) {
        assert_int_equal(ran.status, 4); /* without a checkpoint */
        char wanted[64];
        (void) snprintf(wanted, sizeof wanted, "entries     %llu\n", (unsigned long long) count);
        assert_says(&ran.out, wanted);
    }
    long peak = ran.peak_kib;
    ran_release(&ran);
    small_end(&long_.l);
    return peak;
}

/* 20,000 entries fill every buffer that there is, 200,000 take no more. What the program itself takes is in both. */
static void ten_times_the_entries_take_no_more_memory(void **state)
{
    static const char *const LEVELS[] = {"chain", "signatures"};
    (void) state;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    print_message(
        "skipped: under a sanitizer memory grows with every allocation that there was; the plain build is measured\n");
    skip();
#endif
    for (int i = 0; i < 2; i++) {
        long few = peak_of(20000, LEVELS[i]), many = peak_of(200000, LEVELS[i]);
        if (many > few + few / 10 + 1024)
            fail_msg("level %s: %ld KiB for 20,000 entries, %ld KiB for 200,000", LEVELS[i], few, many);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_times_the_entries_take_no_more_memory)};
    return cmocka_run_group_tests(tests, find_program, NULL);
}
