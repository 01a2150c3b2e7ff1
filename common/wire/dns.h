/*
 * dns.h - DNS messages: reading answers, and building a question. No I/O.
 *
 * Specification: RFC 1035 4, RFC 2782 (SRV), RFC 3596 (AAAA).
 * Ownership: decoded names live in the arena handed in.
 * Units: ttl in seconds.
 */
#ifndef COMMON_WIRE_DNS_H
#define COMMON_WIRE_DNS_H

#include "common/base/arena.h"
#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
};

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

#define DNS_RECORDS_MAX 512 /* of one answer that are kept */

struct dns_record {
	const char *name;     /* presentation form, lower case, no final dot */
	uint16_t type, class; /* class is always IN */
	uint32_t ttl_s;
	struct address address;		 /* A, AAAA */
	const char *target;		 /* CNAME, NS, SRV; "." for the root */
	uint16_t priority, weight, port; /* SRV */
};

struct dns_message {
	uint16_t id;
	bool is_response, is_authoritative, is_truncated;
	unsigned rcode;
	const char *question; /* NULL when there is none */
	uint16_t question_type;
	struct dns_record *answers; /* of the answer section: class IN and a
				       type above; other records are left out */
	size_t answer_count;
	bool answers_cut; /* more than DNS_RECORDS_MAX */
};

/*
 * Decodes a message. Names are presentation form (RFC 1035 5.1): blanks,
 * controls, dots inside a label, backslashes and what is not ASCII come as
 * \DDD. All sections are walked: overruns are refused, and compression that
 * does not lead backwards. Bytes after the last record are not looked at.
 */
bool dns_decode(struct arena *arena, struct dns_message *message,
		const void *data, size_t length, const char **why);

/*
 * A query with recursion desired; name may also be "." for the root. The
 * length, 0 when name is not lawful or does not fit.
 */
size_t dns_encode_query(uint8_t *buffer, size_t capacity, uint16_t id,
			const char *name, uint16_t type);

/*
 * Whether name can be asked for: labels of 1 to 63 bytes of printable ASCII
 * without backslash, in all at most 253; a final dot is allowed.
 */
bool dns_name_is_lawful(const char *name);

#endif
