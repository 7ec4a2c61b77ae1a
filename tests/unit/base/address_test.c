/* Which addresses a program may be sent to by somebody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "tally/address.h"

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *) &v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *) &v6);
}

static void addresses_of_the_internet_are_public(void **state)
{
    static const char *const good[] = {
        "1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255", "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",       "169.253.255.255", "169.255.0.0",    "172.15.255.255", "172.32.0.0",      "192.0.1.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",     "223.255.255.255", "2000::1",
        "2606:4700::1111", "2a00:1450::1",    "2001:200::1",    "2003::1",        "3ffe:ffff::1"};
    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!is_public(good[i]))
            fail_msg("%s", good[i]);
}

static void nothing_inside_a_house_is(void **state)
{
    static const char *const bad[] = {"0.0.0.0",
                                      "0.255.255.255",
                                      "10.0.0.1",
                                      "10.255.255.255",
                                      "100.64.0.0",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.169.254",
                                      "172.16.0.0",
                                      "172.31.255.255",
                                      "192.0.0.1",
                                      "192.0.2.1",
                                      "192.88.99.1",
                                      "192.168.0.1",
                                      "192.168.255.255",
                                      "198.18.0.0",
                                      "198.19.255.255",
                                      "198.51.100.1",
                                      "203.0.113.1",
                                      "224.0.0.1",
                                      "239.255.255.255",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::ffff:1.1.1.1",
                                      "::ffff:127.0.0.1",
                                      "64:ff9b::1.1.1.1",
                                      "100::1",
                                      "fc00::1",
                                      "fdff::1",
                                      "fe80::1",
                                      "fec0::1",
                                      "ff02::1",
                                      "2001::1",
                                      "2001:1ff:ffff::1",
                                      "2001:db8::1",
                                      "2002:7f00:1::1",
                                      "3fff:0fff::1",
                                      "4000::1",
                                      "1fff:ffff::1"};
    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (is_public(bad[i]))
            fail_msg("%s", bad[i]);
}

static void no_other_family_is(void **state)
{
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    (void) state;
    assert_false(address_is_public((const struct sockaddr *) &local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_the_internet_are_public),
        cmocka_unit_test(nothing_inside_a_house_is),
        cmocka_unit_test(no_other_family_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
