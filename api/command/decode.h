/* One function for each type of statement: from its body and target to a command. */
#ifndef COMMAND_DECODE_H
#define COMMAND_DECODE_H

#include "json.h"

#define TEXT_LINE_MAX 200    /* a name fits on a line of a list */
#define TEXT_PROSE_MAX 10000 /* a definition is some pages at most */

struct decoding {
    struct reader reader;
    const struct command_request *request;
    json_t *body;
    struct command *out;
};

void decode_actor(struct decoding *d);
void decode_key(struct decoding *d);
void decode_revocation(struct decoding *d);
void decode_indicator(struct decoding *d);
void decode_contract(struct decoding *d);
void decode_amendment(struct decoding *d);
void decode_signature(struct decoding *d);
void decode_accession(struct decoding *d);
void decode_results(struct decoding *d);
void decode_verification(struct decoding *d);
void decode_restatement(struct decoding *d);
void decode_withdrawal(struct decoding *d);
void decode_dispute(struct decoding *d);
void decode_resolution(struct decoding *d);
void decode_settlement(struct decoding *d);
void decode_erasure(struct decoding *d);

#define VALUE_MAX 64 /* of a result: 18 digits, 12 behind the point; a word */
/* "items": places in a statement, each once, in order. */
void decode_items(struct decoding *d, json_t *list, const uint32_t **out, uint32_t *out_count);

/* The n-th segment of the target, from 0: "v1" is the first. Empty when there is none. */
struct slice target_segment(struct slice target, unsigned n);
/* Refuses with this code and the given detail (no place of the body is wrong). */
void decode_refuse(struct decoding *d, enum refusal_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A key's public part with proof of possession for `actor`; kid and x lie in the arena. False: refused. */
bool decode_jwk(struct decoding *d, json_t *jwk, struct slice pop, struct slice actor, struct slice *kid, struct slice *x);
/* A segment that is an entry's number; otherwise refuses with `code`. */
bool decode_seq(struct decoding *d, unsigned segment, enum refusal_code code, uint64_t *out);

/* What the language allows and a proposal may not say, as errors: names over MODEL_ID_MAX characters, open and persons dimensions. */
void terms_check_accepted(const struct ast_text *text, struct diags *diags);
void terms_check_memory(const struct terms *terms, struct diags *diags); /* K4 */

#endif
