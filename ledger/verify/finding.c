#include "tally/verify.h"

static const struct {
    const char *code, *text;
} TEXTS[] = {
#define X(name, code, text) [name] = {code, text},
    FINDINGS(X)
#undef X
};

const char *finding_code_text(enum finding_code code)
{
    ENSURE((unsigned) code < FINDING_COUNT);
    return TEXTS[code].code;
}

const char *finding_text(enum finding_code code)
{
    ENSURE((unsigned) code < FINDING_COUNT);
    return TEXTS[code].text;
}
