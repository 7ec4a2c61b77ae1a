#include "front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DAY 86400L
#define NAME_MAX_LEN 64 /* of a common name (X.520) */
#define TURN_MS 20      /* between two looks whether it is to stop */

/* ---- certificates ---- */

static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_good;
}

/* A certificate of key in this name (its end, where it is long), from and until so many seconds from now; issuer NULL: it signs itself. */
static X509 *certify(EVP_PKEY *key, const char *name, long from, long until, const struct front_authority *issuer)
{
    static long serial;
    size_t name_len = strlen(name);
    name += name_len > NAME_MAX_LEN ? name_len - NAME_MAX_LEN : 0;
    X509 *certificate = X509_new();
    X509_NAME *subject = certificate == NULL ? NULL : X509_get_subject_name(certificate);
    if (subject == NULL)
        return NULL;
    bool is_good =
        X509_set_version(certificate, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), from) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), until) != NULL && X509_set_pubkey(certificate, key) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *) name, -1, -1, 0) == 1;
    is_good = is_good &&
              X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer->certificate)) == 1;
    if (issuer == NULL)
        is_good = is_good && extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
                  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (is_good)
        return certificate; /* the rest, and its signature, are the caller's */
    X509_free(certificate);
    return NULL;
}

int front_authority_make(struct front_authority *authority, const char *file)
{
    *authority = (struct front_authority){.key = EVP_EC_gen("P-256")};
    if (authority->key == NULL)
        return -1;
    /* each of another name: two of one name are one authority with a wrong key */
    authority->certificate = certify(authority->key, file, -DAY, DAY, NULL);
    if (authority->certificate == NULL || X509_sign(authority->certificate, authority->key, EVP_sha256()) == 0)
        return -1;
    FILE *out = fopen(file, "we");
    bool is_written = out != NULL && PEM_write_X509(out, authority->certificate) == 1;
    is_written = out != NULL && fclose(out) == 0 && is_written;
    return is_written ? 0 : -1;
}

void front_authority_release(struct front_authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    *authority = (struct front_authority){0};
}

static int context_make(struct front *front, enum front_kind kind, const struct front_authority *authority)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    long from = kind == FRONT_NOT_YET ? DAY : -2 * DAY;
    long until = kind == FRONT_EXPIRED ? -DAY : 2 * DAY;
    X509 *certificate = key == NULL ? NULL : certify(key, "a front", from, until, authority);
    front->context = SSL_CTX_new(TLS_server_method());
    bool is_good = certificate != NULL && front->context != NULL &&
                   extend(certificate, authority->certificate, NID_subject_alt_name,
                          kind == FRONT_OTHER_HOST ? "DNS:other.example" : "IP:127.0.0.1,DNS:localhost") &&
                   X509_sign(certificate, authority->key, EVP_sha256()) != 0 &&
                   SSL_CTX_use_certificate(front->context, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(front->context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_good ? 0 : -1;
}

/* ---- a connection ---- */

static int upstream_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = port == 0 ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    (void) close(fd);
    return -1;
}

static bool send_all(int fd, const char *bytes, ssize_t len)
{
    ssize_t n = 0;
    while (len > 0 && (n = send(fd, bytes, (size_t) len, MSG_NOSIGNAL)) > 0) {
        bytes += n;
        len -= n;
    }
    return len == 0;
}

/* What one side has, to the other. False: it is over. */
static bool pass(SSL *tls, int client, int upstream, bool is_from_client)
{
    char block[16384];
    ssize_t n = 0;
    if (is_from_client) {
        n = tls != NULL ? SSL_read(tls, block, sizeof block) : recv(client, block, sizeof block, 0);
        return n > 0 && send_all(upstream, block, n);
    }
    n = recv(upstream, block, sizeof block, 0);
    if (n <= 0)
        return false;
    return tls != NULL ? SSL_write(tls, block, (int) n) == n : send_all(client, block, n);
}

static void pump(struct front *front, uint16_t port, SSL *tls, int client, int upstream)
{
    struct pollfd watched[2] = {{.fd = client, .events = POLLIN}, {.fd = upstream, .events = POLLIN}};
    bool is_open = true;
    while (is_open && !atomic_load(&front->is_stopping) && atomic_load(&front->upstream) == port) {
        bool is_pending = tls != NULL && SSL_pending(tls) > 0;
        if (poll(watched, 2, is_pending ? 0 : TURN_MS) < 0)
            return;
        if (is_pending || watched[0].revents != 0)
            is_open = pass(tls, client, upstream, true);
        if (is_open && watched[1].revents != 0)
            is_open = pass(tls, client, upstream, false);
    }
}

static void *serve(void *arg)
{
    struct front_connection *connection = arg;
    struct front *front = connection->front;
    SSL *tls = front->context == NULL ? NULL : SSL_new(front->context);
    bool is_open = front->context == NULL || (tls != NULL && SSL_set_fd(tls, connection->fd) == 1 && SSL_accept(tls) == 1);
    uint16_t port = atomic_load(&front->upstream);
    int upstream = is_open ? upstream_connect(port) : -1;
    if (is_open)
        atomic_fetch_add(&front->handshakes, 1);
    if (upstream >= 0)
        pump(front, port, tls, connection->fd, upstream);
    if (upstream >= 0)
        (void) close(upstream);
    SSL_free(tls);
    (void) shutdown(connection->fd, SHUT_RDWR);
    atomic_store(&connection->is_over, true);
    return NULL;
}

/* ---- all of them ---- */

static void end(struct front_connection *connection)
{
    if (!connection->is_started)
        return;
    pthread_join(connection->thread, NULL);
    (void) close(connection->fd);
    connection->is_started = false;
}

static struct front_connection *place(struct front *front)
{
    for (size_t i = 0; i < FRONT_CONNECTIONS_MAX; i++) {
        struct front_connection *connection = &front->connections[i];
        if (connection->is_started && atomic_load(&connection->is_over))
            end(connection);
        if (!connection->is_started)
            return connection;
    }
    return NULL;
}

static void *run(void *arg)
{
    struct front *front = arg;
    while (!atomic_load(&front->is_stopping)) {
        int fd = accept4(front->listener, NULL, NULL, SOCK_CLOEXEC);
        struct front_connection *connection = fd < 0 ? NULL : place(front);
        if (connection == NULL) {
            if (fd >= 0)
                (void) close(fd);
            continue;
        }
        connection->front = front;
        connection->fd = fd;
        atomic_store(&connection->is_over, false);
        connection->is_started = pthread_create(&connection->thread, NULL, serve, connection) == 0;
        if (!connection->is_started)
            (void) close(fd);
    }
    return NULL;
}

int front_start(struct front *front, enum front_kind kind, const struct front_authority *authority, uint16_t upstream)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    (void) signal(SIGPIPE, SIG_IGN); /* TLS writes without MSG_NOSIGNAL */
    *front = (struct front){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    atomic_store(&front->upstream, upstream);
    if (kind != FRONT_PLAIN && context_make(front, kind, authority) != 0)
        return -1;
    if (front->listener < 0 || bind(front->listener, (const struct sockaddr *) &address, len) != 0 ||
        listen(front->listener, 16) != 0 || getsockname(front->listener, (struct sockaddr *) &address, &len) != 0)
        return -1;
    front->port = ntohs(address.sin_port);
    return pthread_create(&front->thread, NULL, run, front) == 0 ? 0 : -1;
}

void front_stop(struct front *front)
{
    if (front->port == 0)
        return;
    atomic_store(&front->is_stopping, true);
    (void) shutdown(front->listener, SHUT_RDWR); /* wakes accept */
    pthread_join(front->thread, NULL);
    for (size_t i = 0; i < FRONT_CONNECTIONS_MAX; i++)
        if (front->connections[i].is_started)
            (void) shutdown(front->connections[i].fd, SHUT_RDWR); /* wakes a handshake */
    for (size_t i = 0; i < FRONT_CONNECTIONS_MAX; i++)
        end(&front->connections[i]);
    (void) close(front->listener);
    SSL_CTX_free(front->context);
    *front = (struct front){0};
}
