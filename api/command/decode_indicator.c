/* Definitions of indicators. */
#include "decode.h"

#define VERSION_MAX 1000000 /* a definition a day for 2,700 years */

void decode_indicator(struct decoding *d)
{
    struct command *out = d->out;
    uint64_t version = 0;
    int kind = 0, direction = 0;
    out->kind = COMMAND_DEFINE_INDICATOR;
    const struct member members[] = {
        TEXT("id", form_slug, WANTED_SLUG, 1, MODEL_ID_MAX, &out->u.define_indicator.slug),
        WHOLE("version", 1, VERSION_MAX, &version),
        TEXT("name", form_line, WANTED_LINE, 1, TEXT_LINE_MAX, &out->u.define_indicator.name),
        TEXT("definition", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &out->u.define_indicator.definition),
        TEXT("unit", form_unit, "a kind of the terms, like \"percent\", \"date\", \"USD\", \"days per person\" or \"word\"",
             1, 2 * MODEL_ID_MAX, &out->u.define_indicator.unit),
        CHOICE("kind", "output|outcome", &kind),
        CHOICE_OR_NOT("direction", "higher|lower", &direction),
    };
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    out->u.define_indicator.version = (uint32_t) version;
    out->u.define_indicator.kind = kind == 0 ? INDICATOR_OUTPUT : INDICATOR_OUTCOME;
    out->u.define_indicator.lower_is_better = direction == 1;
}
