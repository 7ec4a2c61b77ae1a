/* What tally-verify says: findings as they come, the report at the end; for people or as one JSON document. */
#ifndef TALLY_CLI_VERIFY_PRINT_H
#define TALLY_CLI_VERIFY_PRINT_H

#include <stdio.h>

#include "tally/replay.h"
#include "tally/verify.h"
#include "verify_ranges.h"

#define VERIFY_FINDINGS_SHOWN 1000 /* to people; --json has them all */

enum verify_status { VERIFY_RIGHT = 0, VERIFY_FOUND = 1, VERIFY_USAGE = 2, VERIFY_FAILED = 3, VERIFY_INCOMPLETE = 4 };

struct verify_printer {
    FILE *out;
    bool is_json;
    uint64_t shown;
    bool has_progress; /* a line of progress stands on the terminal */
    struct verify_ranges withheld, erased;
    struct buf unchecked; /* contracts, as JSON or for people */
    uint64_t unchecked_shown;
};

/* What there is to say at the end. */
struct verify_summary {
    struct verify_report report;
    enum verify_level level;     /* at which it was checked: lower than asked for where it begins behind entry 0 */
    struct replay_report replay; /* at level replay */
    int64_t elapsed_us;
    bool has_quorum; /* witnesses are asked for */
};

void verify_printer_init(struct verify_printer *printer, FILE *out, bool is_json);
void verify_printer_release(struct verify_printer *printer);
/* Noted for the report. */
void verify_print_absent(struct verify_printer *printer, uint64_t seq, enum archive_body state);

void verify_print_finding(struct verify_printer *printer, const struct finding *finding);
/* A contract that could not be recomputed, since the body of this entry is not there: noted for the report. */
void verify_print_unchecked(struct verify_printer *printer, struct slice contract, uint64_t seq);
void verify_print_report(struct verify_printer *printer, const struct verify_summary *summary, enum verify_status status);
struct verify_progress {
    uint64_t entries;
    uint64_t bytes, bytes_all; /* read, and of the file; bytes_all 0: not known */
    int64_t elapsed_us;
};
/* On stderr, one line over the one before: how much, how fast, how long still. */
void verify_print_progress(struct verify_printer *printer, const struct verify_progress *progress);
void verify_print_progress_end(struct verify_printer *printer);
enum verify_status verify_status_of(const struct verify_summary *summary);

#endif
