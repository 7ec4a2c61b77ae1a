/* What the language has and `tally terms eval` evaluates, and a proposal may not say until the service does it too. */
#include "../../support/root.h"
#include "decode_help.h"

#include <dirent.h>
#include <stdlib.h>

#include "tally/canon.h"
#include "tally/terms.h"

#define CONTRACTS POST(ENTRY_CONTRACT_PROPOSED, "/v1/contracts")
#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
#define TEXT(slug, declarations)                                                                                           \
    "terms 1\\ncontract " slug "\\n"                                                                                       \
    "currency USD rounded to 0.01, half even\\nclock UTC\\nruns 2016-01-01 to 2016-12-31\\ncloses 2017-12-31\\n\\n"        \
    "party a outcome payer \\\"A\\\"\\nparty b investor \\\"B\\\"\\n" declarations

#define PARTIES "{\"b\":{\"actor\":\"bert\",\"kid\":\"" KID "\"},\"a\":{\"actor\":\"anna\",\"kid\":\"" KID "\"}}"

/* ---- contracts that were made ---- */

/* Which of contracts/templates the service does not take, and why. */
static const struct {
    const char *name, *said;
} not_taken[] = {
    {"work-programme", "one evaluation may come to take"}, /* 200,000 people with 26 claims each */
};
#define NOT_TAKEN (sizeof not_taken / sizeof not_taken[0])

static void read_file(const char *path, struct buf *out)
{
    char block[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        buf_add(out, block, n);
    assert_int_equal(fclose(file), 0);
}

/* What is said against the text, "" when it is taken. */
static void propose_file(const char *path, char said[4096])
{
    struct buf text, body;
    buf_init(&text, 1 << 20);
    buf_init(&body, 1 << 20);
    read_file(path, &text);
    buf_add_str(&body, "{\"id\":\"p-1\",\"open\":true,\"parties\":" PARTIES ",\"terms\":");
    canon_quote(&body, buf_slice(&text));
    buf_add_char(&body, '}');
    struct decoded d = decode_bytes(CONTRACTS, buf_slice(&body));
    (void) snprintf(said, 4096, "%s", d.refusal == NULL ? "" : d.refusal->errors->detail.ptr);
    decoded_release(&d);
    buf_release(&text);
    buf_release(&body);
}

static void every_template_can_be_proposed_but_those_that_are_named(void **state)
{
    char folder[512];
    size_t taken = 0, refused = 0;
    (void) state;
    (void) snprintf(folder, sizeof folder, "%s/contracts/templates", project_root());
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[1024], said[4096];
        const char *ending = strstr(entry->d_name, ".terms"), *wanted = "";
        if (ending == NULL)
            continue;
        for (size_t i = 0; i < NOT_TAKEN; i++)
            if (strncmp(not_taken[i].name, entry->d_name, (size_t) (ending - entry->d_name)) == 0 &&
                not_taken[i].name[ending - entry->d_name] == '\0')
                wanted = not_taken[i].said;
        (void) snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        propose_file(path, said);
        if ((wanted[0] == '\0') != (said[0] == '\0') || strstr(said, wanted) == NULL)
            fail_msg("%s: \"%s\" is said, and not \"%s\"", entry->d_name, said, wanted);
        taken += said[0] == '\0';
        refused += said[0] != '\0';
    }
    assert_int_equal(closedir(dir), 0);
    assert_int_equal(refused, NOT_TAKEN);
    assert_true(taken > 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_template_can_be_proposed_but_those_that_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
