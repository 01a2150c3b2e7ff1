/*
 * dns_name.h - the words of DNS: types, result codes, lawful names. No I/O.
 *
 * Messages are in common/wire/dns.h; who only speaks of records needs this.
 */
#ifndef COMMON_BASE_DNS_NAME_H
#define COMMON_BASE_DNS_NAME_H

#include "common/base/address.h"

#include <stdbool.h>
#include <stdint.h>

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
};

bool dns_type_is_known(uint16_t type); /* one of those above */

/* "SRV", "TYPE99"; a name of the latter form lives until the next call. */
const char *dns_type_name(uint16_t type);

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

/* "NXDOMAIN", "RCODE12"; a name of the latter form as above. */
const char *dns_rcode_name(unsigned rcode);

/*
 * Whether name can be asked for: labels of 1 to 63 bytes of printable ASCII
 * without backslash, in all at most 253; a final dot is allowed.
 */
bool dns_name_is_lawful(const char *name);

#define DNS_REVERSE_BYTES 80 /* with the final NUL */

/*
 * The name under which an address is looked up backwards (RFC 1035 3.5,
 * RFC 3596 2.5): "10.33.25.172.in-addr.arpa".
 */
char *dns_reverse_name(char text[DNS_REVERSE_BYTES],
		       const struct address *address);

#endif
