/* Where the project lies: tests read its manuals, templates and scripts. */
#ifndef TALLY_TESTS_ROOT_H
#define TALLY_TESTS_ROOT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* $TALLY_ROOT, as tests/run.sh sets it, or the folder that the test was started in; absolute. One thread. */
static inline const char *project_root(void)
{
    static char path[400];
    const char *given = getenv("TALLY_ROOT");
    if (given != NULL ? snprintf(path, sizeof path, "%s", given) >= (int) sizeof path : getcwd(path, sizeof path) == NULL)
        abort();
    return path;
}

#endif
