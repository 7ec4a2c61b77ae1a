#include "tally/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* IPv4 networks that are not for everybody: address and length of the prefix. */
static const struct {
    uint8_t network[4];
    int bits;
} NOT_PUBLIC_4[] = {
    {{0, 0, 0, 0}, 8},       /* this network */
    {{10, 0, 0, 0}, 8},      /* private */
    {{100, 64, 0, 0}, 10},   /* shared behind carriers' NAT */
    {{127, 0, 0, 0}, 8},     /* loopback */
    {{169, 254, 0, 0}, 16},  /* link-local, and the metadata of clouds */
    {{172, 16, 0, 0}, 12},   /* private */
    {{192, 0, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2, 0}, 24},    /* documentation */
    {{192, 88, 99, 0}, 24},  /* 6to4 relays, given up */
    {{192, 168, 0, 0}, 16},  /* private */
    {{198, 18, 0, 0}, 15},   /* benchmarking */
    {{198, 51, 100, 0}, 24}, /* documentation */
    {{203, 0, 113, 0}, 24},  /* documentation */
    {{224, 0, 0, 0}, 4},     /* multicast */
    {{240, 0, 0, 0}, 4},     /* reserved, and broadcast */
};

/* IPv6: of 2000::/3, which is all that is given out, what is not for everybody or leads elsewhere. */
static const struct {
    uint8_t network[4];
    int bits;
} NOT_PUBLIC_6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, with Teredo, which wraps IPv4 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02, 0x00, 0x00}, 16}, /* 6to4, which wraps IPv4 */
    {{0x3f, 0xff, 0x00, 0x00}, 20}, /* documentation */
};

static bool is_in(const uint8_t *address, const uint8_t *network, int bits)
{
    int bytes = bits / 8;
    int rest = bits % 8;
    if (memcmp(address, network, (size_t) bytes) != 0)
        return false;
    return rest == 0 || ((address[bytes] ^ network[bytes]) >> (8 - rest)) == 0;
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *) (const void *) address;
        uint8_t bytes[4];
        memcpy(bytes, &v4->sin_addr, sizeof bytes);
        for (size_t i = 0; i < sizeof NOT_PUBLIC_4 / sizeof NOT_PUBLIC_4[0]; i++)
            if (is_in(bytes, NOT_PUBLIC_4[i].network, NOT_PUBLIC_4[i].bits))
                return false;
        return true;
    }
    if (address->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) (const void *) address;
    const uint8_t *bytes = v6->sin6_addr.s6_addr;
    if (bytes[0] >> 5 != 1)
        return false;
    for (size_t i = 0; i < sizeof NOT_PUBLIC_6 / sizeof NOT_PUBLIC_6[0]; i++)
        if (is_in(bytes, NOT_PUBLIC_6[i].network, NOT_PUBLIC_6[i].bits))
            return false;
    return true;
}
