/* The days by which a result's standing changes (S3, F1, F3). The last of N days after a day is that day and N; it has passed from
 * the first moment of the day after it (T2). */
#include "program.h"
#include "tally/instant.h"

/* `day` and N days; DAY_NEVER when that is no day of the calendar. */
static int32_t days_later(int32_t day, uint32_t count)
{
    if (day > DAY_MAX || count > (uint32_t) DAY_MAX || day > DAY_MAX - (int32_t) count)
        return DAY_NEVER;
    return day + (int32_t) count;
}

static int32_t day_after(int32_t day)
{
    return days_later(day, 1);
}

int32_t terms_final_day(const struct terms *terms, uint32_t metric, int32_t submitted, int32_t verified)
{
    ENSURE(metric < terms->metric_count);
    const struct ast_decl *d = terms->metrics[metric].decl;
    int32_t silence = d->u.metric.has_silence ? days_later(submitted, d->u.metric.silence_days) : DAY_NEVER;
    if (verified <= silence && verified <= DAY_MAX && d->u.metric.final_days == 0)
        return verified;
    int32_t last = verified < silence ? verified : silence; /* of the verification or of the silence */
    return day_after(days_later(last, d->u.metric.final_days));
}

int32_t terms_dispute_day(const struct terms *terms, uint32_t metric, int32_t final)
{
    ENSURE(metric < terms->metric_count);
    const struct ast_decl *d = terms->metrics[metric].decl;
    return d->u.metric.has_dispute_days ? days_later(final, d->u.metric.dispute_days) : DAY_MIN;
}

/* NULL: the text has no arbiter. */
static const struct ast_decl *disputes_of(const struct terms *terms)
{
    for (const struct ast_decl *d = terms->ast->declarations; d != NULL; d = d->next) {
        if (d->kind == AST_DISPUTES)
            return d;
    }
    return NULL;
}

uint32_t terms_arbiter(const struct terms *terms)
{
    const struct ast_decl *d = disputes_of(terms);
    return d == NULL ? TERMS_NONE : terms_find_party(terms, d->u.disputes.by.text);
}

bool terms_disputes_fall(const struct terms *terms)
{
    const struct ast_decl *d = disputes_of(terms);
    return d != NULL && d->u.disputes.otherwise_falls;
}

int32_t terms_lapse_day(const struct terms *terms, int32_t disputed)
{
    const struct ast_decl *d = disputes_of(terms);
    return d == NULL ? DAY_NEVER : day_after(days_later(disputed, d->u.disputes.within_days));
}
