/* What the tests of other people's programs share: a service whose tree has more than one tile, and what tests/interop/prepare.sh has
 * made, below the folder interop of this build. */
#ifndef TALLY_TESTS_INTEROP_HELP_H
#define TALLY_TESTS_INTEROP_HELP_H

#include <string.h>
#include <unistd.h>

#include "../http/http_help.h"
#include "../support/cli_run.h"

#define INTEROP_ENTRIES 270 /* one full tile, a partial one beside it, and one on the next level */

static struct service_actor author;

static inline int interop_start(void **state)
{
    if (start_service(state) != 0 || service_register(&service, "prov", "backbone", &author) != 0)
        return -1;
    for (int i = 2; i < INTEROP_ENTRIES; i++) {
        struct http_reply reply;
        char body[256];
        (void) snprintf(
            body, sizeof body,
            "{\"definition\":\"n\",\"id\":\"test.n-%d\",\"kind\":\"output\",\"name\":\"n\",\"unit\":\"n\",\"version\":1}",
            i);
        if (service_post(&service, &author, "/v1/indicators", body, &reply) != 0 || reply.status != 201)
            return -1;
        http_reply_release(&reply);
    }
    return 0;
}

static inline int interop_stop(void **state)
{
    service_actor_release(&author);
    return stop_service(state);
}

/* Skips the test, and says why, when prepare.sh could not have what it needs: "go", "node". */
static inline void interop_need(const char *what)
{
    char dir[700], path[720], reason[300] = "run `make test-interop`, which installs what it needs";
    cli_program("../interop", dir, sizeof dir);
    bool was_prepared = access(dir, F_OK) == 0;
    (void) snprintf(path, sizeof path, "%s/%s.skip", dir, what);
    FILE *file = fopen(path, "re");
    if (file == NULL && was_prepared)
        return;
    if (file != NULL) {
        if (fgets(reason, sizeof reason, file) != NULL)
            reason[strcspn(reason, "\n")] = '\0';
        (void) fclose(file);
    }
    print_message("skipped: %s\n", reason);
    skip();
}

/* Waits until the checkpoint covers all entries: its size. */
static inline unsigned interop_published(void)
{
    struct head head = head_now();
    for (;;) {
        struct http_reply reply;
        assert_int_equal(service_get(&service, "/checkpoint", &reply), 0);
        unsigned long size = strtoul(strchr(reply.body, '\n') + 1, NULL, 10);
        http_reply_release(&reply);
        if (size == head.seq + 1)
            return (unsigned) size;
    }
}

/* Runs a program below the folder interop, after `node` where it ends in .mjs, with the service's address and one more argument. */
static inline const char *interop_run(const char *name, const char *argument)
{
    static struct cli_output output;
    char path[700], relative[128], address[64];
    struct cli_place place = {0};
    bool is_script = strstr(name, ".mjs") != NULL;
    (void) snprintf(relative, sizeof relative, "../interop/%s", name);
    cli_program(relative, path, sizeof path);
    char real[4096]; /* PATH_MAX, which realpath wants */
    if (realpath(path, real) == NULL)
        fail_msg("%s is not there", path);
    (void) snprintf(place.dir, sizeof place.dir, "%s", service.dir);
    (void) snprintf(place.home, sizeof place.home, "%s", service.dir);
    (void) snprintf(address, sizeof address, "http://127.0.0.1:%u", (unsigned) service.port);
    const char *const script[] = {"/usr/bin/env", "node", real, address, argument, NULL};
    const char *const program[] = {real, address, argument, NULL};
    assert_int_equal(cli_spawn(&place, is_script ? script : program, NULL, &output), 0);
    if (output.status != 0)
        fail_msg("%s: status %d: %s%s", name, output.status, output.out, output.err);
    return output.out;
}

#endif
