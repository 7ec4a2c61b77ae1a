/* An exposure as canonical JSON: the same from the command line and the service. */
#include "program.h"
#include "tally/canon.h"

/* null: no bound. */
static void write_amount(struct canon *w, const char *name, struct slice amount)
{
    canon_name(w, name);
    if (amount.ptr == NULL)
        canon_null(w);
    else
        canon_string(w, amount);
}

static void write_rule(struct canon *w, const struct terms *terms, const struct exposure_rule *rule)
{
    const struct terms_rule *shown = terms_rule(terms, rule->rule);
    canon_object(w);
    canon_name(w, "currency");
    canon_string(w, shown->currency);
    canon_name(w, "instances");
    canon_i64(w, (int64_t) rule->instances);
    write_amount(w, "least", rule->all.least);
    write_amount(w, "lowest", rule->all.lowest);
    write_amount(w, "most", rule->all.most);
    canon_name(w, "never");
    canon_bool(w, rule->is_never);
    canon_name(w, "one");
    canon_object(w);
    write_amount(w, "least", rule->one.least);
    write_amount(w, "most", rule->one.most);
    canon_close(w);
    canon_name(w, "rule");
    canon_string(w, shown->name);
    canon_close(w);
}

static void write_party(struct canon *w, const struct terms *terms, const struct exposure_party *party)
{
    canon_object(w);
    canon_name(w, "currency");
    canon_string(w, party->currency);
    write_amount(w, "least", party->all.least);
    write_amount(w, "lowest", party->all.lowest);
    write_amount(w, "most", party->all.most);
    canon_name(w, "party");
    canon_string(w, terms_party(terms, party->party)->name);
    canon_name(w, "side");
    canon_str(w, party->is_payer ? "owes" : "receives");
    canon_close(w);
}

void exposure_write(struct canon *w, const struct terms *terms, const struct exposure *exposure)
{
    canon_object(w);
    canon_name(w, "coarse");
    canon_bool(w, exposure->is_coarse);
    canon_name(w, "contract");
    canon_string(w, terms_slug(terms));
    canon_name(w, "parties");
    canon_array(w);
    for (uint32_t i = 0; i < exposure->party_count; i++)
        write_party(w, terms, &exposure->parties[i]);
    canon_close(w);
    canon_name(w, "rules");
    canon_array(w);
    for (uint32_t i = 0; i < exposure->rule_count; i++)
        write_rule(w, terms, &exposure->rules[i]);
    canon_close(w);
    canon_close(w);
}
