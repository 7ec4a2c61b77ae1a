/* Whatever is evaluated lies within what the text was found to come to at most (tally/exposure.h). <cmocka.h> comes before this
 * header. */
#ifndef TALLY_TESTS_EXPOSURE_WITHIN_H
#define TALLY_TESTS_EXPOSURE_WITHIN_H

#include <stdio.h>

#include "tally/engine.h"
#include "tally/exposure.h"

static inline void expect_within(struct slice amount, struct slice least, struct slice most, const char *text,
                                 struct slice rule)
{
    int low = 1, high = -1;
    if (least.ptr != NULL)
        assert_int_equal(money_compare(amount, least, &low, NULL), TALLY_OK);
    if (most.ptr != NULL)
        assert_int_equal(money_compare(amount, most, &high, NULL), TALLY_OK);
    if (low >= 0 && high <= 0)
        return;
    fputs(text, stderr); /* longer than a failure's message may be */
    fail_msg("%.*s of %.*s is not between %.*s and %.*s", SLICE_ARG(amount), SLICE_ARG(rule), SLICE_ARG(least),
             SLICE_ARG(most));
}

/* Each instance that is computed, the sum of each rule at any time, the sum once all are computed. */
static inline void expect_output_within(const struct terms *terms, const struct engine_output *output,
                                        const struct exposure *e, struct arena *arena, const char *text)
{
    for (uint32_t rule = 0; rule < e->rule_count; rule++) {
        const struct exposure_rule *bounds = &e->rules[rule];
        struct slice name = terms_rule(terms, rule)->name, sum = SLICE("0");
        bool is_all = true;
        for (size_t i = 0; i < output->count; i++) {
            const struct engine_instance *instance = &output->instances[i];
            if (instance->rule != rule)
                continue;
            is_all = is_all && instance->state == ENGINE_COMPUTED;
            assert_int_equal(money_add(sum, instance->target, arena, &sum, NULL), TALLY_OK);
            if (instance->state != ENGINE_COMPUTED)
                continue;
            assert_false(bounds->is_never);
            bool may_be_gone = bounds->all.least.ptr == NULL || money_sign(bounds->all.least) <= 0;
            if (may_be_gone && money_sign(instance->target) == 0)
                continue; /* its key is not found any more: it is no instance (I1) */
            expect_within(instance->target, bounds->one.least, bounds->one.most, text, name);
        }
        expect_within(sum, is_all ? bounds->all.least : bounds->all.lowest, bounds->all.most, text, name);
    }
    for (uint32_t i = 0; i < e->party_count; i++) {
        const struct exposure_party *p = &e->parties[i];
        struct slice sum = SLICE("0");
        for (size_t k = 0; k < output->count; k++) {
            const struct terms_rule *rule = terms_rule(terms, output->instances[k].rule);
            if ((p->is_payer ? rule->payer : rule->payee) == p->party && slice_equal(rule->currency, p->currency))
                assert_int_equal(money_add(sum, output->instances[k].target, arena, &sum, NULL), TALLY_OK);
        }
        expect_within(sum, p->all.lowest, p->all.most, text, terms_party(terms, p->party)->name);
    }
}

#endif
