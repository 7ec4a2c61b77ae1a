#include "doc_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "root.h"

#define SCRIPT_MAX 262144
#define LINE_MAX 2048

static int link_into_place(const struct doc_run *doc, const char *target, const char *name)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", doc->place.dir, name);
    return symlink(target, path);
}

int doc_start(struct doc_run *doc)
{
    char contracts[700], programs[600];
    if (service_start(&doc->service, NULL) != 0 || service_ready(&doc->service) != 0 ||
        cli_place_make(&doc->place, doc->service.dir) != 0)
        return -1;
    (void) snprintf(contracts, sizeof contracts, "%s/contracts", project_root());
    if (link_into_place(doc, contracts, "contracts") != 0 ||
        link_into_place(doc, doc->service.data, "tallystick-data") != 0)
        return -1;
    cli_program("", programs, sizeof programs);
    buf_init(&doc->script, SCRIPT_MAX);
    buf_printf(&doc->script, "set -eEuo pipefail\nexport PATH='%s':\"$PATH\" TALLY_SERVER=http://127.0.0.1:%u\n", programs,
               doc->service.port);
    return 0;
}

void doc_stop(struct doc_run *doc)
{
    buf_release(&doc->script);
    service_stop_replayed(&doc->service);
}

int doc_lines(struct doc_run *doc, const char *file, const char *heading, void (*add)(struct buf *script, const char *line))
{
    char path[700], line[LINE_MAX];
    bool is_below = heading == NULL, is_block = false;
    int count = 0;
    (void) snprintf(path, sizeof path, "%s/%s", project_root(), file);
    FILE *document = fopen(path, "r");
    assert_non_null(document);
    while (fgets(line, sizeof line, document) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (heading != NULL && strncmp(line, "## ", 3) == 0)
            is_below = strcmp(line + 3, heading) == 0;
        else if (is_below && strncmp(line, "```", 3) == 0)
            is_block = !is_block;
        else if (is_below && is_block && strncmp(line, "export PATH=", 12) != 0) {
            add(&doc->script, line);
            count++;
        }
    }
    assert_int_equal(fclose(document), 0);
    return count;
}

void doc_execute(struct doc_run *doc)
{
    const char *argv[] = {"/bin/bash", "-s", NULL};
    assert_int_equal(buf_check(&doc->script, NULL), TALLY_OK);
    assert_int_equal(cli_spawn(&doc->place, argv, doc->script.ptr, &doc->output), 0);
}
