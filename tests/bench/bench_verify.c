/* What tally-verify is measured with:
 *
 *   bench_verify make COUNT FILE           a right archive of so many entries, signed by 32 reporters; prints the ledger's verifier key
 *   bench_verify hash FILE                 one pass of SHA-256 over the file on all cores; prints the seconds
 *   bench_verify run PROGRAM FILE VKEY LEVEL  tally-verify on it; prints the seconds and its peak of memory in KiB
 *
 * Each takes the best of RUNS (3; make and run of more than a million entries: 1), since other programs only ever add time. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"
#include "tally/archive.h"
#include "tally/instant.h"
#include "tally/key.h"
#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/statement.h"
#include "tally/text.h"

#define ORIGIN "localhost/bench"
#define REPORTERS 32u
#define BATCH 4096u /* statements that have seen the same head */
#define THREADS_MAX 64
#define START_US INT64_C(1577836800000000)
#define CHUNK ((size_t) 1 << 18)

static void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        bench_die("%s: %s", what, err->detail);
}

static unsigned core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (unsigned) cores;
}

/* ---- making an archive ---- */

struct line {
    struct buf body, jws;
    char jti[24];
    const char *type, *actor;
};

struct maker {
    FILE *file;
    struct key_pair *ledger, *founder, *reporters[REPORTERS];
    char names[REPORTERS][32];
    char vkey[256];
    uint64_t seq;
    struct digest head;
    struct merkle_frontier tree;
    struct line lines[BATCH];
};

static struct key_pair *key_of(const char *name)
{
    struct digest seed;
    struct key_pair *pair = NULL;
    struct err err = {0};
    digest_of(slice_str(name), &seed);
    must(key_pair_from_seed(seed.bytes, &pair, &err), &err, "key");
    return pair;
}

static void add_jwk(struct buf *body, const struct key_pair *pair, const char *actor, bool is_founder)
{
    struct err err = {0};
    struct key_public key;
    key_pair_public(pair, &key);
    buf_add_str(body, is_founder ? "\"pop\":\"" : "\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    if (!is_founder) {
        text_base64url(key.bytes, sizeof key.bytes, body);
        buf_add_str(body, "\"},\"kind\":\"organisation\",\"pop\":\"");
    }
    must(key_proof_make(pair, SLICE(ORIGIN), slice_str(actor), body, &err), &err, "proof");
    if (is_founder) {
        buf_add_str(body, "\",\"x\":\"");
        text_base64url(key.bytes, sizeof key.bytes, body);
    }
    buf_add_str(body, "\"");
}

/* Signs with the head as it is now; any thread. */
static void sign_line(const struct maker *maker, struct line *line, const struct key_pair *key, const char *target,
                      uint64_t seq)
{
    struct err err = {0};
    (void) snprintf(line->jti, sizeof line->jti, "bench-%016" PRIx64, seq * UINT64_C(0x9E3779B97F4A7C15));
    const struct statement_draft draft = {.aud = SLICE(ORIGIN),
                                          .htm = SLICE("POST"),
                                          .htu = slice_str(target),
                                          .cty = SLICE("application/json"),
                                          .jti = slice_str(line->jti),
                                          .iat = START_US / 1000000 + (int64_t) (seq / 10000),
                                          .head_seq = maker->seq - 1,
                                          .head_hash = maker->head};
    must(statement_sign(&draft, key, buf_slice(&line->body), &line->jws, &err), &err, "sign");
}

static void write_line(struct maker *maker, const struct line *line)
{
    struct buf header, text;
    struct archive_entry entry = {.jws = buf_slice(&line->jws), .body = buf_slice(&line->body)};
    struct entry_header h = {.seq = maker->seq,
                             .time = {START_US + (int64_t) maker->seq * 100},
                             .actor = slice_str(line->actor),
                             .type = slice_str(line->type),
                             .jti = slice_str(line->jti),
                             .ledger = SLICE(ORIGIN),
                             .prev = maker->head,
                             .open = true};
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&text, ARCHIVE_LINE_MAX);
    for (size_t i = 0; i < sizeof entry.nonce; i++)
        entry.nonce[i] = (uint8_t) (maker->seq * (i + 7) >> (i % 8));
    entry_commitment(entry.nonce, entry.jws, entry.body, &h.body);
    entry_header_write(&h, &header);
    entry.header = buf_slice(&header);
    entry_hash(entry.header, &maker->head);
    merkle_frontier_add(&maker->tree, &maker->head);
    archive_write_entry(&entry, &text);
    if (fwrite(text.ptr, 1, text.len, maker->file) != text.len)
        bench_die("writing the archive: %m");
    maker->seq++;
    buf_release(&header);
    buf_release(&text);
}

static struct line *begin_line(struct maker *maker, size_t i, const char *actor, const char *type)
{
    struct line *line = &maker->lines[i];
    buf_clear(&line->body);
    buf_clear(&line->jws);
    line->jti[0] = '\0';
    line->actor = actor;
    line->type = type;
    return line;
}

/* The founder, the reporters, an indicator. */
static void make_beginning(struct maker *maker)
{
    struct line *line = begin_line(maker, 0, ENTRY_ACTOR_SERVICE, "ledger.created");
    buf_add_str(&line->body, "{\"operator\":{\"id\":\"operator\",");
    add_jwk(&line->body, maker->founder, "operator", true);
    buf_printf(&line->body, "},\"origin\":\"" ORIGIN "\",\"vkey\":\"%s\"}", maker->vkey);
    write_line(maker, line);
    for (unsigned i = 0; i < REPORTERS; i++) {
        line = begin_line(maker, 0, "operator", "actor.registered");
        buf_printf(&line->body, "{\"id\":\"%s\",", maker->names[i]);
        add_jwk(&line->body, maker->reporters[i], maker->names[i], false);
        buf_add_str(&line->body, "}");
        sign_line(maker, line, maker->founder, "/v1/actors", maker->seq);
        write_line(maker, line);
    }
    line = begin_line(maker, 0, "operator", "indicator.defined");
    buf_add_str(&line->body,
                "{\"definition\":\"Days housed in the quarter, less days in jail\",\"id\":\"bench.days-housed\","
                "\"kind\":\"outcome\",\"name\":\"Days housed\",\"unit\":\"days\",\"version\":1}");
    sign_line(maker, line, maker->founder, "/v1/indicators", maker->seq);
    write_line(maker, line);
}

struct share {
    pthread_t thread;
    struct maker *maker;
    unsigned from, step, count;
};

static void *sign_share(void *arg)
{
    const struct share *share = arg;
    for (unsigned i = share->from; i < share->count; i += share->step) {
        uint64_t seq = share->maker->seq + i;
        unsigned who = (unsigned) (seq % REPORTERS);
        struct line *line = begin_line(share->maker, i, share->maker->names[who], "result.submitted");
        buf_printf(&line->body,
                   "{\"dimensions\":{\"quarter\":\"2016-01-01/2016-03-31\",\"site\":\"s%09" PRIu64
                   "\"},\"indicator\":\"bench.days-housed\",\"value\":\"%u\",\"version\":1}",
                   seq, (unsigned) (seq % 92));
        sign_line(share->maker, line, share->maker->reporters[who], "/v1/results", seq);
    }
    return NULL;
}

static void make_batch(struct maker *maker, unsigned count)
{
    struct share shares[THREADS_MAX];
    unsigned cores = core_count();
    for (unsigned i = 0; i < cores; i++) {
        shares[i] = (struct share){.maker = maker, .from = i, .step = cores, .count = count};
        if (pthread_create(&shares[i].thread, NULL, sign_share, &shares[i]) != 0)
            bench_die("no thread");
    }
    for (unsigned i = 0; i < cores; i++)
        (void) pthread_join(shares[i].thread, NULL);
    for (unsigned i = 0; i < count; i++)
        write_line(maker, &maker->lines[i]);
}

static void make(uint64_t count, const char *path)
{
    static struct maker maker;
    struct err err = {0};
    struct buf text;
    struct key_public key;
    maker.file = fopen(path, "we");
    if (maker.file == NULL)
        bench_die("%s: %m", path);
    maker.ledger = key_of("ledger");
    maker.founder = key_of("operator");
    for (unsigned i = 0; i < REPORTERS; i++) {
        (void) snprintf(maker.names[i], sizeof maker.names[i], "reporter-%u", i);
        maker.reporters[i] = key_of(maker.names[i]);
    }
    for (unsigned i = 0; i < BATCH; i++) {
        buf_init(&maker.lines[i].body, 4096);
        buf_init(&maker.lines[i].jws, STATEMENT_JWS_MAX);
    }
    buf_init(&text, 4096);
    key_pair_public(maker.ledger, &key);
    key_vkey_write(SLICE(ORIGIN), 1, &key, &text);
    (void) snprintf(maker.vkey, sizeof maker.vkey, "%s", text.ptr);
    buf_clear(&text);
    archive_write_head(&(struct archive_head){.origin = SLICE(ORIGIN), .vkey = slice_str(maker.vkey), .size = count},
                       &text);
    fputs(text.ptr, maker.file);
    make_beginning(&maker);
    while (maker.seq < count)
        make_batch(&maker, count - maker.seq < BATCH ? (unsigned) (count - maker.seq) : BATCH);
    struct checkpoint checkpoint = {.origin = SLICE(ORIGIN), .size = count};
    struct buf note;
    buf_init(&note, CHECKPOINT_MAX);
    merkle_frontier_root(&maker.tree, &checkpoint.root);
    must(checkpoint_sign(&checkpoint, maker.ledger, &note, &err), &err, "checkpoint");
    buf_clear(&text);
    archive_write_checkpoint(buf_slice(&note), &text);
    fputs(text.ptr, maker.file);
    if (fclose(maker.file) != 0)
        bench_die("writing the archive: %m");
    puts(maker.vkey);
}

/* ---- one pass of SHA-256 ---- */

struct pass {
    pthread_t thread;
    int fd;
    off_t from, end;
};

static void *hash_share(void *arg)
{
    const struct pass *pass = arg;
    struct digest_stream *stream = digest_stream_new();
    char *chunk = malloc(CHUNK);
    struct digest digest;
    if (stream == NULL || chunk == NULL)
        bench_die("no memory");
    for (off_t at = pass->from; at < pass->end;) {
        size_t want = pass->end - at < (off_t) CHUNK ? (size_t) (pass->end - at) : CHUNK;
        ssize_t n = pread(pass->fd, chunk, want, at);
        if (n <= 0)
            bench_die("reading the archive: %m");
        digest_stream_add(stream, slice_of(chunk, (size_t) n));
        at += n;
    }
    digest_stream_end(stream, &digest);
    digest_stream_free(stream);
    free(chunk);
    return NULL;
}

static double hash_once(const char *path)
{
    struct pass passes[THREADS_MAX];
    struct stat status;
    unsigned cores = core_count();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        bench_die("%s: %m", path);
    int64_t begun = instant_monotonic_us();
    for (unsigned i = 0; i < cores; i++) {
        passes[i] = (struct pass){.fd = fd,
                                  .from = status.st_size / cores * i,
                                  .end = i + 1 == cores ? status.st_size : status.st_size / cores * (i + 1)};
        if (pthread_create(&passes[i].thread, NULL, hash_share, &passes[i]) != 0)
            bench_die("no thread");
    }
    for (unsigned i = 0; i < cores; i++)
        (void) pthread_join(passes[i].thread, NULL);
    int64_t us = instant_monotonic_us() - begun;
    (void) close(fd);
    return (double) us / 1e6;
}

/* ---- tally-verify ---- */

static double run_once(char **argv, long *peak_kib)
{
    char *const program[] = {argv[0], argv[1], (char *) (uintptr_t) "--vkey", argv[2], (char *) (uintptr_t) "--level",
                             argv[3], NULL};
    struct rusage usage;
    int status = 0;
    int64_t begun = instant_monotonic_us();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0)
            (void) dup2(null, 1);
        (void) execv(program[0], program);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_die("%s %s did not say that all is right", argv[0], argv[1]);
    *peak_kib = usage.ru_maxrss;
    return (double) (instant_monotonic_us() - begun) / 1e6;
}

int main(int argc, char **argv)
{
    const char *set = getenv("RUNS");
    long runs = set == NULL ? 3 : strtol(set, NULL, 10), peak_kib = 0;
    double best = 1e9;
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        make(strtoull(argv[2], NULL, 10), argv[3]);
        return 0;
    }
    bool is_hash = argc == 3 && strcmp(argv[1], "hash") == 0;
    if (!is_hash && (argc != 6 || strcmp(argv[1], "run") != 0))
        bench_die("usage: bench_verify make COUNT FILE | hash FILE | run PROGRAM FILE VKEY LEVEL");
    for (long i = 0; i < runs; i++) {
        double seconds = is_hash ? hash_once(argv[2]) : run_once(argv + 2, &peak_kib);
        best = seconds < best ? seconds : best;
    }
    if (is_hash)
        printf("%.4f\n", best);
    else
        printf("%.4f %ld\n", best, peak_kib);
    return 0;
}
