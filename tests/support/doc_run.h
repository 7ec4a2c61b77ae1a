/* A document is true: the commands of its fenced blocks are run as they stand, in their order, with a service of the test's own. */
#ifndef TALLY_TESTS_DOC_RUN_H
#define TALLY_TESTS_DOC_RUN_H

#include "cli_run.h"
#include "service.h"

struct doc_run {
    struct service service;
    struct cli_place
        place; /* where the commands run: tallystick-data and contracts are there, as in the project's folder */
    struct cli_output output;
    struct buf script; /* for bash; begins with the build's programs and the service's address */
};
/* Starts the service, and a script that ends at the first command that fails. 0, or -1. */
MUST_CHECK int doc_start(struct doc_run *doc);
/* Ends the service, whose ledger is replayed. */
void doc_stop(struct doc_run *doc);

/* Hands each line of the fenced blocks of a file of the project to add, and the script with it; those below this "## heading" alone, where it
 * is not NULL. A line that sets PATH is left out: the script has the test's own. Answers how many there were. */
int doc_lines(struct doc_run *doc, const char *file, const char *heading,
              void (*add)(struct buf *script, const char *line));
/* Runs the script, to doc->output. Fails the test when it cannot be run; its exit status is the caller's to look at. */
void doc_execute(struct doc_run *doc);

#endif
