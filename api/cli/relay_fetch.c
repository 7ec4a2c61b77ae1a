#include "relay_fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tally/address.h"
#include "tally/mem.h"

struct relay_fetcher {
    CURL *curl;
    const char *cacert;
};

struct transfer {
    const struct relay_request *request;
    struct relay_reply *reply;
    size_t received;         /* headers and body */
    bool is_over, is_inside; /* over the limit; no address was public */
};

struct relay_fetcher *relay_fetcher_new(const char *cacert)
{
    struct relay_fetcher *fetcher = mem_zero(sizeof *fetcher);
    if (fetcher == NULL)
        return NULL;
    fetcher->cacert = cacert;
    fetcher->curl = curl_easy_init();
    if (fetcher->curl != NULL)
        return fetcher;
    mem_free(fetcher);
    return NULL;
}

void relay_fetcher_free(struct relay_fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    curl_easy_cleanup(fetcher->curl);
    mem_free(fetcher);
}

/* ---- what libcurl asks ---- */

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count;
    t->received += len;
    t->is_over |= t->received > RELAY_BYTES_MAX;
    if (t->is_over)
        return 0;
    buf_add(&t->reply->body, data, len);
    return t->reply->body.failed == TALLY_OK ? len : 0;
}

static void header_take(struct slice line, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    if (line.len <= len || strncasecmp(line.ptr, name, len) != 0 || line.ptr[len] != ':')
        return;
    struct slice value = slice_of(line.ptr + len + 1, line.len - len - 1);
    while (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[0] == '\t'))
        value = slice_of(value.ptr + 1, value.len - 1);
    while (value.len > 0 && strchr(" \t\r\n", value.ptr[value.len - 1]) != NULL)
        value.len--;
    if (value.len < size)
        (void) snprintf(out, size, "%.*s", SLICE_ARG(value));
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count;
    t->received += len;
    t->is_over |= t->received > RELAY_BYTES_MAX;
    header_take(slice_of(data, len), "ETag", t->reply->etag, sizeof t->reply->etag);
    header_take(slice_of(data, len), "Content-Type", t->reply->content_type, sizeof t->reply->content_type);
    return t->is_over ? 0 : len;
}

/* The address as it is connected to: a name that led elsewhere a moment ago makes no difference. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = ctx;
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (!t->request->is_anywhere && !address_is_public(&address->addr)) {
        t->is_inside = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct transfer *t = ctx;
    (void) a;
    (void) b;
    (void) c;
    (void) d;
    return t->request->is_stopping != NULL && atomic_load(t->request->is_stopping) != 0;
}

/* ---- one exchange ---- */

static bool options(CURL *curl, const struct relay_request *request, struct curl_slist *list, struct transfer *t, char *why)
{
    bool is_good =
        curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, request->is_anywhere ? "http,https" : "https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "tally-relay") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->deadline_ms) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list) == CURLE_OK;
    is_good = is_good && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_HEADERDATA, t) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t) == CURLE_OK;
    if (request->body.ptr != NULL)
        is_good = is_good &&
                  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body.len) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr) == CURLE_OK;
    return is_good;
}

/* Only those of the file: who names authorities does not want all the others, too. */
static bool authorities(CURL *curl, const char *cacert)
{
    return cacert == NULL || (curl_easy_setopt(curl, CURLOPT_CAINFO, cacert) == CURLE_OK &&
                              curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool headers(const struct relay_request *request, struct curl_slist **list)
{
    char match[128];
    const char *lines[3] = {"Expect:"};
    int count = 1;
    if (request->body.ptr != NULL)
        lines[count++] = "Content-Type: text/plain; charset=utf-8";
    if (request->if_none_match != NULL && request->if_none_match[0] != '\0') {
        (void) snprintf(match, sizeof match, "If-None-Match: %s", request->if_none_match);
        lines[count++] = match;
    }
    for (int i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(*list, lines[i]);
        if (longer == NULL)
            return false;
        *list = longer;
    }
    return true;
}

MUST_CHECK static enum tally_code failure(CURLcode code, const char *why, const struct transfer *t, struct err *err)
{
    const char *text = why[0] != '\0' ? why : curl_easy_strerror(code);
    if (t->is_over)
        return err_set(err, TALLY_E_LIMIT, "the answer is over %u bytes", RELAY_BYTES_MAX);
    if (t->is_inside)
        return err_set(err, TALLY_E_DENIED,
                       "the address is not a public one; --allow lets a witness be elsewhere, if you know that it is");
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return err_set(
            err, TALLY_E_DENIED,
            "only https is spoken to witnesses, and its address begins with something else; --allow NAME lets one "
            "speak http, too (%s)",
            text);
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(err, TALLY_E_DENIED,
                       "its certificate is not accepted: %s (--cacert FILE names authorities that are not the system's)",
                       text);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(err, TALLY_E_DENIED,
                       "its certificate is not accepted: there are no authorities to hold it against (%s); install the "
                       "package ca-certificates, or name them by --cacert FILE",
                       text);
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, TALLY_E_TIMEOUT, "no answer within %ld ms", t->request->deadline_ms);
    case CURLE_ABORTED_BY_CALLBACK:
        return err_set(err, TALLY_E_INTERRUPTED, "stopped");
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR:
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    default:
        return err_set(err, TALLY_E_UNAVAILABLE, "%s", text);
    }
}

enum tally_code relay_fetch(struct relay_fetcher *fetcher, const struct relay_request *request, struct relay_reply *reply,
                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char why[CURL_ERROR_SIZE] = "";
    struct curl_slist *list = NULL;
    struct transfer transfer = {.request = request, .reply = reply};
    CURL *curl = fetcher->curl;
    buf_clear(&reply->body);
    reply->status = 0;
    reply->etag[0] = reply->content_type[0] = '\0';
    curl_easy_reset(curl);
    if (!headers(request, &list) || !options(curl, request, list, &transfer, why) || !authorities(curl, fetcher->cacert))
        TRY(err_set(err, TALLY_E_NO_MEMORY, "libcurl does not take the request for %s", request->url));
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        TRY(failure(code, why, &transfer, err));
    (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
done:
    curl_slist_free_all(list);
    return rc;
}
