#include "verify_print.h"

#include <inttypes.h>

#include "tally/canon.h"
#include "tally/text.h"

#define JSON_MAX 8192 /* one finding, or the report without its lists of entries */
/* A list of entries: a hundred million ranges, more than there is memory for the hashes of so many entries. */
#define RANGES_JSON_MAX ((size_t) 1 << 30)
#define RANGES_PEOPLE_MAX ((size_t) 1000)       /* to people: some lines on a screen */
#define UNCHECKED_JSON_MAX ((size_t) 256 << 20) /* two million contracts */
#define UNCHECKED_PEOPLE_MAX 20                 /* contracts; --json has them all */

void verify_printer_init(struct verify_printer *printer, FILE *out, bool is_json)
{
    *printer = (struct verify_printer){.out = out, .is_json = is_json};
    verify_ranges_init(&printer->withheld, is_json ? RANGES_JSON_MAX : RANGES_PEOPLE_MAX);
    verify_ranges_init(&printer->erased, is_json ? RANGES_JSON_MAX : RANGES_PEOPLE_MAX);
    buf_init(&printer->unchecked, UNCHECKED_JSON_MAX);
}

void verify_printer_release(struct verify_printer *printer)
{
    verify_ranges_release(&printer->withheld);
    verify_ranges_release(&printer->erased);
    buf_release(&printer->unchecked);
}

void verify_print_unchecked(struct verify_printer *printer, struct slice contract, uint64_t seq)
{
    struct buf *out = &printer->unchecked;
    printer->unchecked_shown++;
    if (printer->is_json) {
        buf_add_str(out, printer->unchecked_shown == 1 ? "{\"contract\":" : ",{\"contract\":");
        canon_quote(out, contract);
        buf_printf(out, ",\"seq\":%" PRIu64 "}", seq);
    } else if (printer->unchecked_shown <= UNCHECKED_PEOPLE_MAX) {
        buf_printf(out, "            not checked: contract %.*s, since the body of entry %" PRIu64 " is not there\n",
                   SLICE_ARG(contract), seq);
    }
}

void verify_print_absent(struct verify_printer *printer, uint64_t seq, enum archive_body state)
{
    verify_ranges_add(state == ARCHIVE_BODY_ERASED ? &printer->erased : &printer->withheld, seq);
}

/* As many witnesses as are asked for have cosigned all that is there. */
static bool is_witnessed(const struct verify_summary *summary)
{
    return !summary->has_quorum || summary->report.witnessed_size > summary->report.last_seq;
}

/* All that is there could be recomputed. */
static bool is_replayed(const struct verify_summary *summary)
{
    return summary->level != VERIFY_REPLAY ||
           (summary->replay.contracts_unchecked == 0 && summary->replay.unseen == 0 && !summary->replay.is_ended);
}

enum verify_status verify_status_of(const struct verify_summary *summary)
{
    const struct verify_report *report = &summary->report;
    if (report->findings > 0)
        return VERIFY_FOUND;
    if (!is_replayed(summary) || !is_witnessed(summary) || !report->is_anchored || report->is_lowered ||
        report->withheld > 0 || report->erased > 0 || report->checkpoints_unchecked > 0 ||
        report->signed_size <= report->last_seq)
        return VERIFY_INCOMPLETE;
    return VERIFY_RIGHT;
}

/* archive.* and checkpoint.* findings are about a line, all others about an entry */
static bool is_about_line(enum finding_code code)
{
    return code == FINDING_ARCHIVE_HEAD || code == FINDING_ARCHIVE_LINE || code == FINDING_ARCHIVE_SIZE ||
           code == FINDING_ARCHIVE_DAMAGED || code == FINDING_ARCHIVE_ORIGIN || code == FINDING_CHECKPOINT_FORM ||
           code == FINDING_CHECKPOINT_SIGNATURE || code == FINDING_CHECKPOINT_SIZE || code == FINDING_CHECKPOINT_ROOT ||
           code == FINDING_COSIGNATURE_SIGNATURE || code == FINDING_COSIGNATURE_TIME;
}

/* Once, so that an archive that cannot be read at all leaves nothing on standard output. */
static void begin_json(const struct verify_printer *printer)
{
    if (printer->shown == 0)
        (void) fputs("{\"findings\":[", printer->out);
}

static void finding_json(struct verify_printer *printer, const struct finding *finding)
{
    struct buf text;
    struct canon json;
    buf_init(&text, JSON_MAX);
    canon_init(&json, &text);
    canon_object(&json);
    canon_name(&json, "code");
    canon_str(&json, finding_code_text(finding->code));
    canon_name(&json, "detail");
    canon_str(&json, finding->detail);
    canon_name(&json, is_about_line(finding->code) ? "line" : "seq");
    canon_i64(&json, (int64_t) finding->seq);
    canon_close(&json);
    begin_json(printer);
    (void) fprintf(printer->out, "%s\n%s", printer->shown == 0 ? "" : ",", text.ptr == NULL ? "{}" : text.ptr);
    buf_release(&text);
}

void verify_print_finding(struct verify_printer *printer, const struct finding *finding)
{
    verify_print_progress_end(printer);
    if (printer->is_json)
        finding_json(printer, finding);
    else if (printer->shown < VERIFY_FINDINGS_SHOWN)
        (void) fprintf(printer->out, "%s %" PRIu64 ": %s: %s\n", is_about_line(finding->code) ? "line" : "entry",
                       finding->seq, finding_code_text(finding->code), finding->detail);
    printer->shown++;
}

static const char *const levels[] = {
    [VERIFY_CHAIN] = "chain", [VERIFY_SIGNATURES] = "signatures", [VERIFY_REPLAY] = "replay"};

static const char *verdict(const struct verify_summary *summary, enum verify_status status)
{
    static const char *const right[] = {
        [VERIFY_CHAIN] = "the chain is right; signatures were not asked for",
        [VERIFY_SIGNATURES] = "chain and signatures are right; what follows from them was not asked for",
        [VERIFY_REPLAY] = "everything was checked and is right",
    };
    if (status == VERIFY_FOUND)
        return "something is wrong";
    if (!summary->report.is_anchored)
        return "agrees with itself only";
    return status == VERIFY_INCOMPLETE ? "nothing wrong, but not all could be checked" : right[summary->level];
}

static void ranges_json(struct canon *json, const char *name, struct verify_ranges *ranges)
{
    bool is_cut = false;
    canon_name(json, name);
    canon_string(json, verify_ranges_end(ranges, &is_cut));
}

static void replay_json(struct canon *json, struct verify_printer *printer, const struct replay_report *replay)
{
    canon_name(json, "replay");
    canon_object(json);
    canon_name(json, "contracts");
    canon_i64(json, (int64_t) replay->contracts);
    canon_name(json, "ended");
    if (replay->is_ended)
        canon_i64(json, (int64_t) replay->end_seq);
    else
        canon_null(json);
    canon_name(json, "events");
    canon_i64(json, (int64_t) replay->events);
    canon_name(json, "memory");
    canon_i64(json, (int64_t) replay->memory);
    canon_name(json, "moments");
    canon_i64(json, (int64_t) replay->moments);
    canon_name(json, "more");
    canon_i64(json, (int64_t) replay->more);
    canon_name(json, "not_checked");
    canon_array(json);
    if (printer->unchecked.len > 0)
        canon_raw(json, buf_slice(&printer->unchecked));
    canon_close(json);
    canon_name(json, "residues");
    canon_i64(json, (int64_t) replay->residues);
    canon_name(json, "statements");
    canon_i64(json, (int64_t) replay->statements);
    canon_name(json, "unseen");
    canon_i64(json, (int64_t) replay->unseen);
    canon_close(json);
}

static void report_json(struct verify_printer *printer, const struct verify_summary *summary, enum verify_status status)
{
    const struct verify_report *report = &summary->report;
    struct buf text;
    struct canon json;
    buf_init(&text, JSON_MAX + 2 * RANGES_JSON_MAX + UNCHECKED_JSON_MAX);
    canon_init(&json, &text);
    canon_object(&json);
    canon_name(&json, "anchored");
    canon_bool(&json, report->is_anchored);
    canon_name(&json, "checkpoints");
    canon_i64(&json, (int64_t) report->checkpoints);
    canon_name(&json, "checkpoints_not_checked");
    canon_i64(&json, (int64_t) report->checkpoints_unchecked);
    canon_name(&json, "continues");
    canon_i64(&json, (int64_t) report->anchors);
    canon_name(&json, "entries");
    canon_i64(&json, (int64_t) report->entries);
    canon_name(&json, "entries_before");
    canon_i64(&json, (int64_t) report->first_seq);
    canon_name(&json, "erased");
    canon_i64(&json, (int64_t) report->erased);
    ranges_json(&json, "erased_entries", &printer->erased);
    canon_name(&json, "findings");
    canon_i64(&json, (int64_t) report->findings);
    canon_name(&json, "head");
    canon_hex(&json, report->head.bytes, DIGEST_LEN);
    canon_name(&json, "level");
    canon_str(&json, levels[summary->level]);
    if (summary->level == VERIFY_REPLAY)
        replay_json(&json, printer, &summary->replay);
    canon_name(&json, "signatures");
    canon_i64(&json, (int64_t) report->signatures);
    canon_name(&json, "signed_size");
    canon_i64(&json, (int64_t) report->signed_size);
    canon_name(&json, "status");
    canon_i64(&json, status);
    canon_name(&json, "verdict");
    canon_str(&json, verdict(summary, status));
    canon_name(&json, "withheld");
    canon_i64(&json, (int64_t) report->withheld);
    ranges_json(&json, "withheld_entries", &printer->withheld);
    canon_name(&json, "witnessed_size");
    canon_i64(&json, (int64_t) report->witnessed_size);
    canon_name(&json, "witnesses");
    canon_i64(&json, report->witnesses);
    canon_close(&json);
    begin_json(printer);
    (void) fprintf(printer->out, "%s],\"report\":%s}\n", printer->shown == 0 ? "" : "\n",
                   text.ptr == NULL ? "{}" : text.ptr);
    buf_release(&text);
}

static void ranges_text(const struct verify_printer *printer, const char *what, struct verify_ranges *ranges)
{
    bool is_cut = false;
    struct slice text = verify_ranges_end(ranges, &is_cut);
    if (text.len > 0)
        (void) fprintf(printer->out, "            %s: %.*s%s\n", what, SLICE_ARG(text),
                       is_cut ? " and more; --json has them all" : "");
}

static void report_gaps(struct verify_printer *printer, const struct verify_summary *summary)
{
    const struct verify_report *report = &summary->report;
    if (!report->is_anchored && report->findings == 0)
        (void) fputs(
            "            no trusted key: give the ledger's own with --vkey, or as a line `log VKEY` of the policy, from a\n"
            "            place other than this archive\n",
            printer->out);
    if (report->is_lowered)
        (void) fprintf(printer->out,
                       "            the archive begins at entry %" PRIu64
                       ": signatures and amounts need what comes before, get it from entry 0\n",
                       report->first_seq);
    if (report->withheld > 0 || report->erased > 0)
        (void) fprintf(printer->out, "            %" PRIu64 " bodies withheld and %" PRIu64 " erased were not seen\n",
                       report->withheld, report->erased);
    ranges_text(printer, "withheld", &printer->withheld);
    ranges_text(printer, "erased", &printer->erased);
    if (report->checkpoints_unchecked > 0)
        (void) fprintf(printer->out,
                       "            %" PRIu64 " checkpoints could not be compared: their size is not in reach\n",
                       report->checkpoints_unchecked);
    if (report->findings == 0 && report->signed_size <= report->last_seq)
        (void) fprintf(printer->out, "            no checkpoint covers the entries from %" PRIu64 " on\n",
                       report->signed_size);
    if (report->findings == 0 && !is_witnessed(summary))
        (void) fprintf(printer->out,
                       "            too few witnesses: the policy's quorum has not cosigned the entries from %" PRIu64
                       " on\n",
                       report->witnessed_size);
}

static void replay_text(const struct verify_printer *printer, const struct verify_summary *summary)
{
    const struct replay_report *replay = &summary->replay;
    int64_t us = summary->elapsed_us < 1 ? 1 : summary->elapsed_us;
    (void) fprintf(printer->out,
                   "replay      %" PRIu64 " statements decided again, %" PRIu64 " entries recomputed; %" PRIu64
                   " contracts, %" PRIu64 " not checked\n",
                   replay->statements, replay->events, replay->contracts, replay->contracts_unchecked);
    (void) fprintf(printer->out, "            %" PRIu64 " entries a second, %zu MiB held\n",
                   summary->report.entries * 1000000 / (uint64_t) us, replay->memory >> 20);
    if (replay->is_ended)
        (void) fprintf(printer->out, "            from entry %" PRIu64 " on nothing was replayed: entries are missing\n",
                       replay->end_seq);
    if (replay->more > 0)
        (void) fprintf(printer->out,
                       "            %" PRIu64 " further differences, of contracts that have some above, are not shown\n",
                       replay->more);
    if (replay->residues > 0)
        (void) fprintf(printer->out,
                       "            %" PRIu64 " statements rest on the ledger's word: their bodies were erased\n",
                       replay->residues);
    if (replay->unseen > 0)
        (void) fprintf(printer->out,
                       "            %" PRIu64 " entries were passed over: they need bodies that are not there\n",
                       replay->unseen);
    if (printer->unchecked.len > 0)
        (void) fputs(printer->unchecked.ptr, printer->out);
    if (printer->unchecked_shown > UNCHECKED_PEOPLE_MAX)
        (void) fprintf(printer->out, "            not checked: %" PRIu64 " more contracts; --json has them all\n",
                       printer->unchecked_shown - UNCHECKED_PEOPLE_MAX);
}

void verify_print_report(struct verify_printer *printer, const struct verify_summary *summary, enum verify_status status)
{
    const struct verify_report *report = &summary->report;
    char head[2 * DIGEST_LEN + 1];
    verify_print_progress_end(printer);
    if (printer->is_json) {
        report_json(printer, summary, status);
        return;
    }
    if (printer->shown > VERIFY_FINDINGS_SHOWN)
        (void) fprintf(printer->out, "... and %" PRIu64 " more findings; --json has them all\n",
                       printer->shown - VERIFY_FINDINGS_SHOWN);
    text_hex(report->head.bytes, DIGEST_LEN, head);
    (void) fprintf(printer->out, "entries     %" PRIu64 "\n", report->entries);
    if (report->entries > 0)
        (void) fprintf(printer->out, "head        %s\n", head);
    if (report->signed_size > 0)
        (void) fprintf(printer->out, "checkpoint  of %" PRIu64 " entries, signed by the ledger\n", report->signed_size);
    if (report->witnesses > 0)
        (void) fprintf(printer->out, "witnessed   %" PRIu64 " entries, by %u %s of the policy\n", report->witnessed_size,
                       report->witnesses, report->witnesses == 1 ? "witness" : "witnesses");
    if (report->anchors > 0)
        (void) fprintf(printer->out, "continues   %" PRIu64 " of the checkpoints given\n", report->anchors);
    if (summary->level >= VERIFY_SIGNATURES)
        (void) fprintf(printer->out, "signatures  %" PRIu64 " verified\n", report->signatures);
    if (summary->level == VERIFY_REPLAY)
        replay_text(printer, summary);
    if (report->findings > 0)
        (void) fprintf(printer->out, "findings    %" PRIu64 "\n", report->findings);
    (void) fprintf(printer->out, "verdict     %s\n", verdict(summary, status));
    report_gaps(printer, summary);
    if (status != VERIFY_FOUND && report->anchors == 0 && report->witnesses == 0)
        (void) fputs("note        without witnesses, and without receipts that parties kept (--checkpoint), the\n"
                     "            operator alone vouches for the past\n",
                     printer->out);
}

void verify_print_progress(struct verify_printer *printer, const struct verify_progress *progress)
{
    uint64_t elapsed_us = progress->elapsed_us > 0 ? (uint64_t) progress->elapsed_us : 1;
    uint64_t each_second = progress->entries * 1000000 / elapsed_us;
    if (progress->bytes_all > 0 && progress->bytes > 0 && progress->bytes <= progress->bytes_all) {
        uint64_t left_s =
            (progress->bytes_all - progress->bytes) / 1024 * (elapsed_us / 1000) / (progress->bytes / 1024 + 1) / 1000;
        (void) fprintf(stderr, "\r%" PRIu64 " entries, %" PRIu64 " %%, %" PRIu64 "/s, %" PRIu64 ":%02" PRIu64 " left\033[K",
                       progress->entries, progress->bytes * 100 / progress->bytes_all, each_second, left_s / 60,
                       left_s % 60);
    } else {
        (void) fprintf(stderr, "\r%" PRIu64 " entries, %" PRIu64 " MiB, %" PRIu64 "/s\033[K", progress->entries,
                       progress->bytes >> 20, each_second);
    }
    (void) fflush(stderr);
    printer->has_progress = true;
}

void verify_print_progress_end(struct verify_printer *printer)
{
    if (!printer->has_progress)
        return;
    (void) fputs("\r\033[K", stderr);
    (void) fflush(stderr);
    printer->has_progress = false;
}
