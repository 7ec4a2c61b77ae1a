/* HTTP through libcurl: one connection that is kept for the run, limits on time, and what a failure means. */
#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#include "cli_trust.h"

#define CONNECT_MS 5000L /* further away than any network takes */
#define ANSWER_MS 60000L /* twice what the service allows itself (--answer-ms) */
#define STALLED_S 60L    /* an archive that brings nothing for so long has stopped */

struct transfer {
    struct buf *body;
    FILE *stream;
    CURL *curl;
    bool has_failed_write;
    bool shows_progress;
    uint64_t received, shown; /* bytes */
};

#define PROGRESS_EVERY 1048576u /* on a terminal: each MiB that has come */

static void show_progress(struct transfer *transfer, bool is_end)
{
    if (!transfer->shows_progress || (!is_end && transfer->received - transfer->shown < PROGRESS_EVERY))
        return;
    transfer->shown = transfer->received;
    (void) fprintf(stderr, "\r%llu bytes received%s", (unsigned long long) transfer->received, is_end ? "\n" : "");
}

static size_t receive(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t len = size * count;
    long status = 0;
    (void) curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->stream != NULL && status == 200) {
        transfer->has_failed_write = fwrite(data, 1, len, transfer->stream) != len;
        transfer->received += len;
        show_progress(transfer, false);
        return transfer->has_failed_write ? 0 : len;
    }
    buf_add(transfer->body, data, len);
    return transfer->body->failed == TALLY_OK ? len : 0;
}

/* A proxy of the environment's has no way to this machine. */
static bool is_local(const char *server)
{
    static const char *const names[] = {"//127.", "//localhost", "//[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strstr(server, names[i]) != NULL)
            return true;
    }
    return false;
}

MUST_CHECK static enum tally_code handle(struct cli *cli, CURL **out, struct err *err)
{
    if (cli->curl == NULL) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (cli->curl = curl_easy_init()) == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "libcurl does not start");
    }
    curl_easy_reset(cli->curl);
    *out = cli->curl;
    return TALLY_OK;
}

static bool add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

MUST_CHECK static enum tally_code headers(struct cli *cli, const struct cli_request *request, struct curl_slist **list,
                                          struct err *err)
{
    bool is_good = add_header(list, "Expect:"); /* a round trip for nothing: bodies are small, refusals rare */
    if (request->method[0] == 'P')
        is_good = is_good && add_header(list, "Content-Type: application/json");
    for (int i = 0; i < request->header_count; i++) {
        const char *line = arena_strdup(cli->arena, request->headers[i]);
        is_good = is_good && line != NULL && add_header(list, line);
    }
    return is_good ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "out of memory");
}

static bool options(CURL *curl, const struct cli *cli, const struct cli_request *request, const char *url,
                    struct curl_slist *list, struct transfer *transfer, char *why)
{
    bool is_good = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_USERAGENT, "tally") == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
    if (is_local(cli->server))
        is_good = is_good && curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK;
    if (request->stream != NULL)
        is_good = is_good && curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALLED_S) == CURLE_OK;
    else
        is_good = is_good && curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS) == CURLE_OK;
    if (request->method[0] == 'P')
        is_good =
            is_good && curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body.len) == CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr == NULL ? "" : request->body.ptr) == CURLE_OK;
    return is_good;
}

MUST_CHECK static enum tally_code failure(const struct cli *cli, CURLcode code, const char *why,
                                          const struct transfer *transfer, struct err *err)
{
    const char *text = why[0] != '\0' ? why : curl_easy_strerror(code);
    if (transfer->has_failed_write)
        return err_set(err, TALLY_E_IO, "writing what was received: %m");
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    case CURLE_WRITE_ERROR:
        return err_set(err, TALLY_E_LIMIT, "the answer is over %zu bytes; ask for less with --limit", CLI_ANSWER_MAX);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(err, TALLY_E_USAGE, "%s is no address of a service: %s", cli->server, text);
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, TALLY_E_TIMEOUT, "%s did not answer in time: %s; try again, or see its log", cli->server, text);
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(
            err, TALLY_E_UNAVAILABLE,
            "%s cannot be reached: %s; is tallyd running there? Another address is given with --server or TALLY_SERVER",
            cli->server, text);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(err, TALLY_E_DENIED,
                       "the certificate of %s is not accepted: this machine has no authorities to hold it against (%s); "
                       "install the package ca-certificates",
                       cli->server, text);
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(err, TALLY_E_DENIED,
                       "the certificate of %s is not accepted: %s; is it the address that you were told? An authority of "
                       "your own is added with update-ca-certificates",
                       cli->server, text);
    default:
        return err_set(err, TALLY_E_UNAVAILABLE, "the answer of %s was lost: %s", cli->server, text);
    }
}

static bool was_perhaps_received(CURLcode code)
{
    return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
           code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE || code == CURLE_WEIRD_SERVER_REPLY ||
           code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

MUST_CHECK static enum tally_code exchange(struct cli *cli, const struct cli_request *request, struct cli_reply *reply,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char why[CURL_ERROR_SIZE] = "";
    struct curl_slist *list = NULL;
    CURL *curl = NULL;
    size_t server_len = strlen(cli->server);
    while (server_len > 0 && cli->server[server_len - 1] == '/')
        server_len--;
    struct slice url = arena_printf(cli->arena, "%.*s%.*s", (int) server_len, cli->server, SLICE_ARG(request->target));
    reply->was_lost = false;
    TRY(handle(cli, &curl, err));
    struct transfer transfer = {.body = &reply->body,
                                .stream = request->stream,
                                .curl = curl,
                                .shows_progress =
                                    request->stream != NULL && request->stream != stdout && isatty(STDERR_FILENO) == 1};
    TRY(headers(cli, request, &list, err));
    if (url.ptr == NULL || !options(curl, cli, request, url.ptr, list, &transfer, why))
        TRY(err_set(err, TALLY_E_NO_MEMORY, "libcurl does not take the request for %.*s", SLICE_ARG(request->target)));
    CURLcode code = curl_easy_perform(curl);
    show_progress(&transfer, true);
    if (code != CURLE_OK) {
        reply->was_lost = was_perhaps_received(code);
        TRY(failure(cli, code, why, &transfer, err));
    }
    (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
done:
    curl_slist_free_all(list);
    return rc;
}

enum tally_code cli_http(struct cli *cli, const struct cli_request *request, struct cli_reply *reply, struct err *err)
{
    if (!cli->is_trust_asked) {
        cli->is_trust_asked = true; /* it asks by itself */
        enum tally_code rc = cli_trust(cli, err);
        if (rc != TALLY_OK)
            return rc;
    }
    struct cli_request with = *request;
    if (request->method[0] == 'G') {
        struct slice token = SLICE("");
        enum tally_code rc = cli_reader(cli, request->target, &token, err);
        if (rc != TALLY_OK)
            return rc;
        if (token.len > 0)
            with.headers[with.header_count++] = token;
    }
    return exchange(cli, &with, reply, err);
}

void cli_http_release(struct cli *cli)
{
    if (cli->curl == NULL)
        return;
    curl_easy_cleanup(cli->curl);
    curl_global_cleanup();
}
