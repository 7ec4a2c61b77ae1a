/* The archive that replay is measured with, of one contract that pays for each of many people: bench_replay RESULTS FILE. Four entries a result:
 * it, that it is final, the list and the payment. Prints the ledger's verifier key, and how many entries there are. */
#include "../support/book.h"

#define TEXT                                                                                                               \
    "terms 1\ncontract many \"Many\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"                                       \
    "dimension person persons, at most 100_000\nmetric days is \"Days\" in days between 0 and 1_000\n  by person\n"        \
    "  reported by seller\npay each_one from buyer to seller\n  for each person of days\n"                                 \
    "  amount 2.50 per day of days\n"

int main(int argc, char **argv)
{
    struct book b;
    struct buf archive;
    if (argc != 3) {
        (void) fputs("usage: bench_replay RESULTS FILE\n", stderr);
        return 2;
    }
    book_begin(&b);
    book_register(&b, "buyer", "");
    book_register(&b, "seller", "");
    BOOK_DONE(&b, book_propose(&b, "buyer", "many", TEXT, "buyer=buyer seller=seller"));
    BOOK_DONE(&b, book_sign_contract(&b, "buyer", "many", "buyer"));
    BOOK_DONE(&b, book_sign_contract(&b, "seller", "many", "seller"));
    for (unsigned long i = strtoul(argv[1], NULL, 10); i > 0; i--) {
        b.time.us += 1000000;
        BOOK_SAID(&b, "seller", "/v1/results",
                  "{\"contract\":\"many\",\"dimensions\":{\"person\":\"p-%020lu\"},\"metric\":\"days\",\"value\":\"%lu\"}",
                  i, 1 + i % 365);
    }
    book_archive(&b, &archive);
    FILE *file = fopen(argv[2], "we");
    if (file == NULL || fwrite(archive.ptr, 1, archive.len, file) != archive.len || fclose(file) != 0) {
        (void) fprintf(stderr, "bench_replay: %s: %m\n", argv[2]);
        return 3;
    }
    (void) printf("%s %zu\n", b.vkey, b.f.count);
    buf_release(&archive);
    book_end(&b);
    return 0;
}
