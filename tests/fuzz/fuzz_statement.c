/* Whatever is sent as a signature or a token is read or refused, and what is read is within its bounds. */
#include <stddef.h>
#include <stdint.h>

#include "tally/entry.h"
#include "tally/statement.h"
#include "tally/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_statement(struct slice input, struct arena *arena)
{
    struct statement statement;
    struct refusal *refusal = NULL;
    enum tally_code rc = statement_read(input, arena, &statement, &refusal, NULL);
    ENSURE(rc == TALLY_OK || rc == TALLY_E_MALFORMED || rc == TALLY_E_NO_MEMORY);
    ENSURE((rc == TALLY_E_MALFORMED) == (refusal != NULL));
    if (rc == TALLY_OK) {
        enum entry_type type;
        ENSURE(statement.kid.len == KEY_KID_LEN && text_is_jti(statement.jti) && text_is_origin(statement.aud));
        ENSURE(statement_target_is_plain(statement.htu) && statement.head_seq <= ENTRY_SEQ_MAX);
        (void) entry_type_of_request(statement.htm, statement.htu, &type);
    }
}

static void check_token(struct slice input, struct arena *arena)
{
    struct read_token token;
    struct refusal *refusal = NULL;
    enum tally_code rc = read_token_read(input, arena, &token, &refusal, NULL);
    ENSURE((rc == TALLY_E_MALFORMED) == (refusal != NULL));
    if (rc == TALLY_OK)
        ENSURE(text_is_id(token.iss) && text_is_origin(token.aud) && token.signed_part.len < input.len);
}

/* The input as it is, and as the JSON of a protected header, which mutation hardly reaches through base64url. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(65536);
    struct buf jws;
    ENSURE(arena != NULL);
    check_statement(slice_of(data, size), arena);
    check_token(slice_of(data, size), arena);
    arena_clear(arena);
    buf_init(&jws, 65536);
    text_base64url(data, size < 16384 ? size : 16384, &jws);
    buf_add_str(&jws, "..hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    check_statement(buf_slice(&jws), arena);
    buf_release(&jws);
    arena_free(arena);
    return 0;
}
