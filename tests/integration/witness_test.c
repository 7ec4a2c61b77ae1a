/* `tally witness run`, the program: its statuses over HTTP, and that nothing makes it cosign two histories: no kill at any moment, no race,
 * no second process, no damaged file. */
#define TOY_LEAVES 400
#include "../support/toy_log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../support/http_client.h"
#include "../support/running.h"
#include "tally/archive.h"
#include "tally/text.h"

static char dir[128], program[600];
static struct note_key witness_key;
static struct running witness;
static uint16_t port;

static void path_of(const char *name, char out[256])
{
    (void) snprintf(out, 256, "%s/w/%s", dir, name);
}

static void start(void)
{
    char folder[256], listening[256], log[256];
    path_of("", folder);
    path_of("listen", listening);
    (void) snprintf(log, sizeof log, "%s/log", dir);
    (void) unlink(listening);
    const char *const argv[] = {program, "witness", "run", folder, "--listen", "127.0.0.1:0", "--log", toy_vkey, NULL};
    assert_int_equal(running_start(&witness, log, argv), 0);
    port = running_port(&witness, listening);
    assert_true(port > 0);
}

static int set_up(void **state)
{
    char folder[256], vkey[256], text[256];
    struct cli_place place;
    static struct cli_output output;
    if (toy_make(state) != 0)
        return -1;
    (void) snprintf(dir, sizeof dir, "/tmp/tally-witness-XXXXXX");
    if (mkdtemp(dir) == NULL || cli_place_make(&place, dir) != 0)
        return -1;
    cli_program("tally", program, sizeof program);
    path_of("", folder);
    const char *const argv[] = {program, "witness", "new", folder, "--name", "w.example/1", NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    assert_int_equal(output.status, 0);
    output.out[strcspn(output.out, "\n")] = '\0';
    assert_int_equal(note_key_read(slice_str(output.out), &witness_key, NULL), TALLY_OK);
    path_of("vkey", vkey);
    FILE *file = fopen(vkey, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void) fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, output.out);
    start();
    return 0;
}

static int tear_down(void **state)
{
    char command[256];
    int status = witness.pid > 0 ? running_end(&witness, SIGTERM) : 0;
    note_key_release(&witness_key);
    (void) toy_unmake(state);
    (void) snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 && status == 0 ? 0 : -1;
}

/* Forgets everything: a new memory for the next test. */
static int fresh(void **state)
{
    char folder[256], name[600];
    (void) state;
    if (witness.pid > 0)
        assert_int_equal(running_end(&witness, SIGTERM), 0);
    path_of("", folder);
    DIR *open_dir = opendir(folder);
    assert_non_null(open_dir);
    for (const struct dirent *entry; (entry = readdir(open_dir)) != NULL;) {
        (void) snprintf(name, sizeof name, "%s%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".note") != NULL || strstr(entry->d_name, ".forked") != NULL)
            assert_int_equal(unlink(name), 0);
    }
    (void) closedir(open_dir);
    start();
    return 0;
}

/* POST /add-checkpoint. False: no answer came. */
static bool post(struct slice body, struct http_reply *reply)
{
    struct http_client client;
    char head[256];
    (void) snprintf(head, sizeof head, "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: %zu\r\n\r\n", body.len);
    if (http_client_open(&client, port) != 0)
        return false;
    bool is_good = http_client_send_text(&client, head) == 0 && http_client_send(&client, body.ptr, body.len) == 0 &&
                   http_client_reply(&client, false, reply) == 0;
    http_client_close(&client);
    return is_good;
}

/* The honest request of this history; its status, 0 without an answer. A 200 has this witness's cosignature, and no other line. */
static int ask(int history, uint64_t old, uint64_t size, uint64_t *told)
{
    struct witness_request request;
    struct http_reply reply = {0};
    struct buf note, body;
    int status = 0;
    buf_init(&note, 2 * NOTE_MAX);
    buf_init(&body, WITNESS_REQUEST_MAX);
    toy_ask(history, old, size, toy_pair, &request, &note);
    witness_request_write(&request, &body);
    if (post(buf_slice(&body), &reply)) {
        status = reply.status;
        if (status == 200) {
            struct note read;
            uint64_t seconds = 0;
            buf_add(&note, reply.body, reply.body_len);
            assert_int_equal(note_read(buf_slice(&note), &read, NULL), TALLY_OK);
            assert_int_equal(read.count, 2);
            assert_int_equal(note_verify(&read, &witness_key, &seconds, NULL), TALLY_OK);
            assert_true(seconds > 1700000000);
        } else if (status == 409) {
            char type[64];
            uint64_t known = 0;
            assert_true(http_reply_header(&reply, "Content-Type", type, sizeof type));
            assert_string_equal(type, "text/x.tlog.size");
            assert_true(reply.body_len > 1 && reply.body[reply.body_len - 1] == '\n');
            assert_int_equal(text_u64(slice_of(reply.body, reply.body_len - 1), UINT64_MAX, &known), TALLY_OK);
            if (told != NULL)
                *told = known;
        }
        http_reply_release(&reply);
    }
    buf_release(&note);
    buf_release(&body);
    return status;
}

static void each_status_is_as_the_protocol_has_it(void **state)
{
    struct http_reply reply;
    uint64_t told = 0;
    struct witness_request request;
    struct buf note, body;
    (void) state;
    buf_init(&note, 2 * NOTE_MAX);
    buf_init(&body, 2 * WITNESS_REQUEST_MAX);
    assert_int_equal(ask(0, 0, 5, NULL), 200);
    assert_int_equal(ask(0, 0, 5, &told), 409);
    assert_int_equal(told, 5);
    assert_int_equal(ask(0, 5, 20, NULL), 200);
    assert_int_equal(ask(0, 20, 20, NULL), 200); /* a fresh one of the same tree */
    assert_int_equal(ask(1, 20, 20, &told), 409);
    assert_int_equal(told, 20);
    assert_int_equal(ask(1, 20, 30, NULL), 422);
    assert_int_equal(ask(0, 21, 20, NULL), 400);
    toy_ask(0, 20, 30, toy_stranger, &request, &note);
    witness_request_write(&request, &body);
    assert_true(post(buf_slice(&body), &reply));
    assert_int_equal(reply.status, 403);
    http_reply_release(&reply);
    static const struct {
        const char *body;
        int status;
    } others[] = {{"", 400},
                  {"old 0\n\n", 400},
                  {"old 0\n\nlog.example/b\n1\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n\n\xe2\x80\x94 log.example/b "
                   "bxRMDM5ZtxqIvSQHPjwPQW+sJnQDqq7M4KkXHpfEqGYiGPoV1kBJcS4yT4KITSQ//VGZs/KxR8aUXIt5/IzX0DNd5Qc=\n",
                   404}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(post(slice_str(others[i].body), &reply));
        assert_int_equal(reply.status, others[i].status);
        http_reply_release(&reply);
    }
    buf_clear(&body);
    while (body.len <= WITNESS_REQUEST_MAX)
        buf_add_str(&body, "garbage ");
    assert_true(post(buf_slice(&body), &reply));
    assert_int_equal(reply.status, 413);
    http_reply_release(&reply);
    assert_int_equal(http_client_get(port, "/", &reply), 0);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "log " TOY_ORIGIN "\n"));
    http_reply_release(&reply);
    assert_int_equal(http_client_get(port, "/add-checkpoint", &reply), 0);
    assert_int_equal(reply.status, 405);
    http_reply_release(&reply);
    assert_int_equal(http_client_get(port, "/checkpoint", &reply), 0);
    assert_int_equal(reply.status, 404);
    http_reply_release(&reply);
    assert_int_equal(ask(0, 20, 30, NULL), 200); /* it is none the worse for all that */
    buf_release(&note);
    buf_release(&body);
}

/* Two checkpoints of one size under one key are the proof, and they are kept. */
static void a_log_that_shows_two_histories_is_kept_on_record(void **state)
{
    char folder[256], path[600] = "", text[8192];
    struct arena *arena = arena_new(65536);
    struct checkpoint seen[2];
    (void) state;
    assert_int_equal(ask(0, 0, 33, NULL), 200);
    assert_int_equal(ask(1, 33, 33, NULL), 409);
    assert_int_equal(running_says(&witness, "witness.log_forked"), 0);
    path_of("", folder);
    DIR *open_dir = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(open_dir)) != NULL;)
        if (strstr(entry->d_name, ".forked") != NULL)
            (void) snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
    (void) closedir(open_dir);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int i = 0; i < 2; i++) {
        struct archive_line line;
        assert_non_null(fgets(text, sizeof text, file));
        assert_int_equal(archive_read_line(slice_of(text, strlen(text) - 1), arena, &line, NULL), TALLY_OK);
        assert_int_equal(checkpoint_open(line.checkpoint, &toy_key, &seen[i], NULL, NULL), TALLY_OK);
        assert_int_equal(seen[i].size, 33);
    }
    assert_false(digest_equal(&seen[0].root, &seen[1].root));
    (void) fclose(file);
    arena_free(arena);
}

/* ---- who asks often ---- */

static void note_path(char path[600])
{
    char folder[256];
    path_of("", folder);
    path[0] = '\0';
    DIR *open_dir = opendir(folder);
    assert_non_null(open_dir);
    for (const struct dirent *entry; (entry = readdir(open_dir)) != NULL;)
        if (strstr(entry->d_name, ".note") != NULL && strstr(entry->d_name, ".new") == NULL)
            (void) snprintf(path, 600, "%s%s", folder, entry->d_name);
    (void) closedir(open_dir);
}

/* When it says that it cosigned what it has on disk. */
static uint64_t kept_seconds(void)
{
    char path[600], text[4096];
    struct note note;
    uint64_t seconds = 0;
    note_path(path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(note_read(slice_of(text, len), &note, NULL), TALLY_OK);
    assert_int_equal(note_verify(&note, &witness_key, &seconds, NULL), TALLY_OK);
    return seconds;
}

/* The same tree in the same second is the same cosignature, which is on disk already. */
static void who_asks_for_the_same_again_and_again_costs_a_flush_a_second(void **state)
{
    char path[600];
    struct stat before, after;
    uint64_t first = 0, last = 0, writes = 0;
    (void) state;
    assert_int_equal(ask(0, 0, 20, NULL), 200);
    note_path(path);
    first = kept_seconds();
    assert_int_equal(stat(path, &before), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(ask(0, 20, 20, NULL), 200);
        assert_int_equal(stat(path, &after), 0);
        writes += after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
        before = after;
    }
    last = kept_seconds();
    assert_true(writes <= last - first);
}

/* Whoever has one signed checkpoint can send it for ever: the trouble is told once. A fork is told whatever came before it. */
static void trouble_that_anybody_can_repeat_fills_no_log(void **state)
{
    int refused = running_count(&witness, "witness.refused"), forked = running_count(&witness, "witness.log_forked");
    (void) state;
    assert_int_equal(ask(0, 0, 20, NULL), 200);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(1, 20, 30, NULL), 422);
        assert_int_equal(ask(1, 20, 20, NULL), 409);
    }
    refused = running_count(&witness, "witness.refused") - refused;
    forked = running_count(&witness, "witness.log_forked") - forked;
    assert_true(refused >= 1 && refused <= 50); /* one a minute */
    assert_true(forked >= 1 && forked <= 50);
}

/* Writes what it would have kept if it had cosigned this at that time. */
static void keep_as_if(uint64_t size, uint64_t seconds)
{
    char path[600], pem[256];
    struct witness_request request;
    struct key_pair *pair = NULL;
    struct note note;
    struct buf text;
    buf_init(&text, 2 * NOTE_MAX);
    path_of("witness.pem", pem);
    assert_int_equal(key_pair_load(pem, &pair, NULL), TALLY_OK);
    toy_ask(0, 0, size, toy_pair, &request, &text);
    assert_int_equal(note_read(buf_slice(&text), &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(note.text, slice_str(witness_key.name), pair, seconds, &text, NULL), TALLY_OK);
    note_path(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    key_pair_free(pair);
    buf_release(&text);
}

/* A clock that is set back a little dates nothing before what was said already; one that was far wrong does not stop the witness. */
static void a_clock_that_goes_back_dates_nothing_before_the_last(void **state)
{
    (void) state;
    assert_int_equal(ask(0, 0, 20, NULL), 200);
    const uint64_t now = kept_seconds();
    assert_int_equal(running_end(&witness, SIGTERM), 0);
    keep_as_if(20, now + 100);
    start();
    assert_int_equal(ask(0, 20, 25, NULL), 200);
    assert_true(kept_seconds() >= now + 100 && kept_seconds() < now + 400);
    assert_int_equal(running_count(&witness, "witness.clock_went_back"), 0);
    assert_int_equal(running_end(&witness, SIGTERM), 0);
    keep_as_if(25, now + 100000);
    start();
    assert_int_equal(ask(0, 25, 30, NULL), 200);
    assert_true(kept_seconds() >= now && kept_seconds() < now + 50000);
    assert_int_equal(running_says(&witness, "witness.clock_went_back"), 0);
}

#define STRANGERS 400 /* more than a witness has places (256) */

/* They make room, the longest first, for who has something to say. */
static void connections_that_say_nothing_keep_nobody_out(void **state)
{
    static struct http_client strangers[STRANGERS];
    int closed = 0;
    (void) state;
    for (int half = 0; half < 2; half++) {
        closed = 0;
        for (int i = 0; i < STRANGERS; i++) {
            assert_int_equal(http_client_open(&strangers[i], port), 0);
            if (half == 1)
                assert_int_equal(http_client_send_text(&strangers[i], "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"), 0);
        }
        assert_int_equal(ask(0, half == 0 ? 0 : 20, 20, NULL), 200);
        for (int i = 0; i < STRANGERS; i++) {
            char byte;
            ssize_t n = recv(strangers[i].fd, &byte, 1, MSG_DONTWAIT);
            closed += n == 0 || (n < 0 && errno != EAGAIN);
        }
        for (int i = 0; i < STRANGERS; i++)
            http_client_close(&strangers[i]);
        assert_true(closed >= STRANGERS - 256 &&
                    closed < STRANGERS - 100); /* and not all of them, when their time was over */
    }
}

static void a_log_whose_name_it_cannot_read_is_said_at_the_start(void **state)
{
    char folder[256], log[256], vkey[256];
    struct key_public key;
    struct running other;
    struct buf text;
    (void) state;
    assert_int_equal(running_end(&witness, SIGTERM), 0);
    buf_init(&text, sizeof vkey - 1);
    key_pair_public(toy_pair, &key);
    key_vkey_write(SLICE("Log.Example/a"), NOTE_KEY_ED25519, &key, &text);
    memcpy(vkey, text.ptr, text.len + 1);
    buf_release(&text);
    path_of("", folder);
    (void) snprintf(log, sizeof log, "%s/named", dir);
    const char *const argv[] = {program, "witness", "run", folder, "--listen", "127.0.0.1:0", "--log", vkey, NULL};
    assert_int_equal(running_start(&other, log, argv), 0);
    assert_int_equal(running_says(&other, "the log is called Log.Example/a"), 0);
    assert_int_equal(running_end(&other, 0), 2);
}

static void a_folder_without_a_witness_is_said_with_what_makes_one(void **state)
{
    char log[256];
    struct running other;
    (void) state;
    (void) snprintf(log, sizeof log, "%s/nowhere", dir);
    const char *const argv[] = {program, "witness", "run", dir, "--log", toy_vkey, NULL};
    assert_int_equal(running_start(&other, log, argv), 0);
    assert_int_equal(running_says(&other, "make one with: tally witness new"), 0);
    assert_int_equal(running_end(&other, 0), 2);
}

/* ---- kills ---- */

static struct killer {
    atomic_int answers; /* so far in this round */
    int after;          /* so many, */
    long and_ns;        /* and then a moment: between two requests, or in one */
} killer;

static void *kill_soon(void *arg)
{
    (void) arg;
    while (atomic_load(&killer.answers) < killer.after)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = killer.and_ns}, NULL);
    kill(witness.pid, SIGKILL);
    return NULL;
}

/* Whatever it had answered when it was killed it knows afterwards: the next process says at least that size, goes on from it, and cosigns
 * nothing of the other history. */
static void its_memory_survives_a_kill_at_any_moment(void **state)
{
    uint64_t cosigned = 0, told = 0;
    unsigned random = 1;
    int kills = 0, answered = 0;
    (void) state;
    while (kills < 40 && cosigned < TOY_LEAVES - 1) {
        pthread_t thread;
        int status = 1;
        random = random * 1664525u + 1013904223u;
        atomic_store(&killer.answers, 0);
        killer.after = (int) (random >> 8) % 7;
        killer.and_ns = (long) (random >> 12) % 3000000;
        assert_int_equal(pthread_create(&thread, NULL, kill_soon, NULL), 0);
        while (status != 0 && cosigned < TOY_LEAVES - 1) {
            status = ask(0, cosigned, cosigned + 1, NULL);
            assert_true(status == 200 || status == 0);
            cosigned += status == 200;
            answered += status == 200;
            atomic_fetch_add(&killer.answers, status == 200);
        }
        atomic_store(&killer.answers, INT_MAX); /* all are cosigned: it kills what rests */
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(running_end(&witness, SIGKILL), 128 + SIGKILL);
        kills++;
        start();
        assert_int_equal(ask(0, TOY_LEAVES, TOY_LEAVES, &told), 409); /* how far it is */
        assert_true(told == cosigned || told == cosigned + 1);        /* one more: stored, and killed before the answer */
        cosigned = told;
        if (cosigned <= TOY_PARTING)
            continue;
        assert_int_equal(ask(1, cosigned, cosigned, NULL), 409);
        assert_int_equal(ask(1, cosigned, cosigned + 1, NULL), 422);
    }
    assert_true(kills > 10 && answered > 10);
}

/* ---- races ---- */

#define RACERS 8
#define RACES 12

struct racer {
    pthread_t thread;
    int history, status;
    uint64_t old, size;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    racer->status = ask(racer->history, racer->old, racer->size, NULL);
    return NULL;
}

/* All name the same old size: one wins, and everybody after it is held to what it won with. */
static void of_requests_that_race_only_one_history_is_cosigned(void **state)
{
    uint64_t at = TOY_PARTING;
    int history = -1;
    (void) state;
    assert_int_equal(ask(0, 0, at, NULL), 200);
    for (int turn = 0; turn < RACES; turn++) {
        struct racer racers[RACERS];
        uint64_t won = 0;
        int winners = 0;
        for (int i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){.history = i % 2, .old = at, .size = at + 1 + (uint64_t) i};
            assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < RACERS; i++) {
            assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
            assert_true(racers[i].status == 200 || racers[i].status == 409 || racers[i].status == 422);
            if (racers[i].status != 200)
                continue;
            winners++;
            won = racers[i].size;
            assert_true(history == -1 || history == racers[i].history);
            history = racers[i].history;
        }
        assert_int_equal(winners, 1); /* the others found another size there, or another history */
        at = won;
    }
    assert_int_equal(ask(1 - history, at, at, NULL), 409);
}

/* ---- one memory, one process ---- */

static void a_second_process_does_not_share_the_memory(void **state)
{
    char folder[256], log[256];
    struct running second;
    (void) state;
    path_of("", folder);
    (void) snprintf(log, sizeof log, "%s/second", dir);
    const char *const argv[] = {program, "witness", "run", folder, "--listen", "127.0.0.1:0", "--log", toy_vkey, NULL};
    assert_int_equal(running_start(&second, log, argv), 0);
    assert_int_equal(running_says(&second, "another witness runs in"), 0);
    assert_int_equal(running_end(&second, 0), 1);
    assert_int_equal(ask(0, 0, 3, NULL), 200);
}

static void a_memory_that_cannot_be_read_is_not_begun_anew(void **state)
{
    char folder[256], path[600] = "", log[256];
    (void) state;
    assert_int_equal(ask(0, 0, 30, NULL), 200);
    assert_int_equal(running_end(&witness, SIGTERM), 0);
    path_of("", folder);
    DIR *open_dir = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(open_dir)) != NULL;)
        if (strstr(entry->d_name, ".note") != NULL)
            (void) snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
    (void) closedir(open_dir);
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(truncate(path, before.st_size - 1), 0);
    (void) snprintf(log, sizeof log, "%s/damaged", dir);
    const char *const argv[] = {program, "witness", "run", folder, "--listen", "127.0.0.1:0", "--log", toy_vkey, NULL};
    assert_int_equal(running_start(&witness, log, argv), 0);
    assert_int_equal(running_says(&witness, "A witness that forgets cosigns forks"), 0);
    assert_int_equal(running_end(&witness, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_status_is_as_the_protocol_has_it, fresh),
        cmocka_unit_test_setup(a_log_that_shows_two_histories_is_kept_on_record, fresh),
        cmocka_unit_test_setup(who_asks_for_the_same_again_and_again_costs_a_flush_a_second, fresh),
        cmocka_unit_test_setup(trouble_that_anybody_can_repeat_fills_no_log, fresh),
        cmocka_unit_test_setup(a_clock_that_goes_back_dates_nothing_before_the_last, fresh),
        cmocka_unit_test_setup(connections_that_say_nothing_keep_nobody_out, fresh),
        cmocka_unit_test_setup(a_log_whose_name_it_cannot_read_is_said_at_the_start, fresh),
        cmocka_unit_test(a_folder_without_a_witness_is_said_with_what_makes_one),
        cmocka_unit_test_setup(its_memory_survives_a_kill_at_any_moment, fresh),
        cmocka_unit_test_setup(of_requests_that_race_only_one_history_is_cosigned, fresh),
        cmocka_unit_test_setup(a_second_process_does_not_share_the_memory, fresh),
        cmocka_unit_test_setup(a_memory_that_cannot_be_read_is_not_begun_anew, fresh),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
