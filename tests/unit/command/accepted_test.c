/* What the language has and `tally terms eval` evaluates, and a proposal may not say until the service does it too. */
#include "decode_help.h"

#include "tally/terms.h"

#define CONTRACTS POST(ENTRY_CONTRACT_PROPOSED, "/v1/contracts")
#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
#define TEXT(slug, declarations)                                                                                           \
    "terms 1\\ncontract " slug "\\n"                                                                                       \
    "currency USD rounded to 0.01, half even\\nclock UTC\\nruns 2016-01-01 to 2016-12-31\\ncloses 2017-12-31\\n\\n"        \
    "party a outcome payer \\\"A\\\"\\nparty b investor \\\"B\\\"\\n" declarations

#define PARTIES "{\"b\":{\"actor\":\"bert\",\"kid\":\"" KID "\"},\"a\":{\"actor\":\"anna\",\"kid\":\"" KID "\"}}"

static void what_the_service_does_not_do_is_refused_at_its_place(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {TEXT("t \\\"T\\\" version 2 amends " HASH " effective 2016-05-01", ""), "amendments"},
        {TEXT("t \\\"T\\\"", "parties clinic provider \\\"Clinics\\\", at most 9\\n"), "classes of parties"},
        {TEXT("t \\\"T\\\"", "metric m is settlements of p in USD\\npay p from b to a amount 5\\n"),
         "settlements as a figure"},
        {TEXT("t \\\"T\\\"", "parties f provider \\\"F\\\", at most 5\\n"), "classes of parties"},
        {TEXT("t \\\"T\\\"", "dimension d (a)\\npay p from d to b for each d amount 5\\n"), "whose payer is another one"},
        {TEXT("t \\\"T\\\"", "dimension d (a)\\npay p from b to d for each d amount 5\\n"), "whose payee is another one"},
        {TEXT("t \\\"T\\\"", "uses able is contract " HASH "\\n"), "figures of other contracts"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[4096];
        (void) snprintf(body, sizeof body, "{\"id\":\"p-1\",\"open\":true,\"parties\":" PARTIES ",\"terms\":\"%s\"}",
                        rows[i].text);
        struct decoded d = decode_bytes(CONTRACTS, slice_str(body));
        assert_non_null(d.refusal);
        assert_int_equal(d.refusal->code, REFUSE_CONTRACT_TERMS);
        if (strstr(d.refusal->errors->detail.ptr, rows[i].said) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", rows[i].said, d.refusal->errors->detail.ptr);
        decoded_release(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_service_does_not_do_is_refused_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
