/* What tally-verify says of an archive: its findings as "code@entry", in order. */
#ifndef TALLY_TESTS_TAMPER_HELP_H
#define TALLY_TESTS_TAMPER_HELP_H

#include "verify_help.h"

#include <fcntl.h>
#include <jansson.h>

#define TAMPER_SAID_MAX 2048

/* "chain.prev@5 checkpoint.root@9"; those about a line: its number. More than a dozen are cut: "..." */
__attribute__((unused)) static void tamper_said(const struct ran *ran, char said[TAMPER_SAID_MAX])
{
    size_t at = 0, i = 0;
    json_t *finding, *json = json_loadb(ran->out.ptr, ran->out.len, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        fail_msg("tally-verify did not answer with JSON: %s%s", ran->out.ptr, ran->errors.ptr);
    said[0] = '\0';
    json_array_foreach(json_object_get(json, "findings"), i, finding)
    {
        json_t *seq = json_object_get(finding, "seq");
        if (seq == NULL)
            seq = json_object_get(finding, "line");
        if (i == 12)
            at += (size_t) snprintf(said + at, TAMPER_SAID_MAX - at, " ...");
        if (i < 12)
            at +=
                (size_t) snprintf(said + at, TAMPER_SAID_MAX - at, "%s%s@%lld", i == 0 ? "" : " ",
                                  json_string_value(json_object_get(finding, "code")), (long long) json_integer_value(seq));
    }
    json_decref(json);
}

/* The archive on standard input, at level signatures, with the ledger's key and, unless it is NULL, a file that was kept. */
__attribute__((unused)) static void tamper_verify(struct slice archive, const char *vkey, const char *kept,
                                                  char said[TAMPER_SAID_MAX], int *status)
{
    struct ran ran;
    char *argv[] = {program,
                    (char *) (uintptr_t) "-",
                    (char *) (uintptr_t) "--json",
                    (char *) (uintptr_t) "--level",
                    (char *) (uintptr_t) "signatures",
                    (char *) (uintptr_t) "--vkey",
                    (char *) (uintptr_t) vkey,
                    kept == NULL ? NULL : (char *) (uintptr_t) "--checkpoint",
                    (char *) (uintptr_t) kept,
                    NULL};
    run(argv, archive, &ran);
    tamper_said(&ran, said);
    *status = ran.status;
    ran_release(&ran);
}

__attribute__((unused)) static void assert_tampered(struct slice archive, const char *vkey, const char *kept,
                                                    const char *wanted)
{
    char said[TAMPER_SAID_MAX];
    int status = 0;
    tamper_verify(archive, vkey, kept, said, &status);
    assert_string_equal(said, wanted);
    assert_int_equal(status, wanted[0] == '\0' ? 0 : 1);
}

#endif
