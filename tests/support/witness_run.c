#include "witness_run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_run.h"

int witness_run_new(struct witness_run *witness, const char *parent, const char *folder, const char *name)
{
    char tally[600], path[300];
    cli_program("tally", tally, sizeof tally);
    *witness = (struct witness_run){0};
    (void) snprintf(witness->folder, sizeof witness->folder, "%s/%s", parent, folder);
    (void) snprintf(witness->log, sizeof witness->log, "%s/%s.log", parent, folder);
    (void) snprintf(path, sizeof path, "%s/vkey", witness->folder);
    const char *const argv[] = {tally, "witness", "new", witness->folder, "--name", name, NULL};
    if (running_start(&witness->running, witness->log, argv) != 0 || running_end(&witness->running, 0) != 0)
        return -1;
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && fgets(witness->vkey, sizeof witness->vkey, file) != NULL;
    witness->vkey[strcspn(witness->vkey, "\n")] = '\0';
    if (file != NULL)
        (void) fclose(file);
    return is_read ? 0 : -1;
}

int witness_run_start(struct witness_run *witness, const char *ledger_vkey)
{
    char tally[600], listening[300], at[64];
    cli_program("tally", tally, sizeof tally);
    (void) snprintf(listening, sizeof listening, "%s/listen", witness->folder);
    (void) snprintf(at, sizeof at, "127.0.0.1:%u", (unsigned) witness->port);
    (void) unlink(listening);
    const char *const argv[] = {tally, "witness", "run", witness->folder, "--listen", at, "--log", ledger_vkey, NULL};
    if (running_start(&witness->running, witness->log, argv) != 0)
        return -1;
    witness->port = running_port(&witness->running, listening);
    return witness->port > 0 ? 0 : -1;
}

int witness_run_stop(struct witness_run *witness)
{
    return witness->running.pid == 0 ? 0 : running_end(&witness->running, SIGTERM);
}
