/* Where a connection may lead that somebody else chose. Pure; any thread. */
#ifndef TALLY_ADDRESS_H
#define TALLY_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* An address that anybody on the Internet may reach: no loopback, no private, link-local, shared, multicast, reserved or documentation
 * network (IANA special-purpose registries), and no IPv6 address that wraps an IPv4 one. Of another family: false. */
bool address_is_public(const struct sockaddr *address);

#endif
