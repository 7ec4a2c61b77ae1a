#include "terms_compile.h"

#include "tally/diag.h"

enum tally_code terms_compile_file(struct cli *cli, const char *file, struct slice *text, struct terms **out,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice read = SLICE("");
    struct diags diags;
    struct buf told;
    diags_init(&diags, cli->arena);
    buf_init(&told, CLI_FILE_MAX);
    TRY(cli_file_read(cli, file, &read, err));
    TRY(terms_compile(read, &diags, out, err));
    if (*out == NULL) {
        diags_sort(&diags);
        diags_print(&diags, slice_str(file), read, &told);
        (void) fwrite(told.ptr == NULL ? "" : told.ptr, 1, told.len, stderr);
        TRY(err_set(err, TALLY_E_MALFORMED, "%s", "")); /* the diagnostics have said it */
    }
    if (text != NULL)
        *text = read;
done:
    buf_release(&told);
    return rc;
}
