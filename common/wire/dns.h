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
#include "common/model/endpoint.h"

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

const char *dns_type_name(uint16_t type); /* "SRV", "TYPE99" */

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

const char *dns_rcode_name(unsigned rcode); /* "NXDOMAIN", "RCODE12" */

#define DNS_RECORDS_MAX 512 /* of one answer that are kept */

struct dns_record {
	const char *name; /* presentation form, lower case, no final dot */
	uint16_t type, class;
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
	struct dns_record *answers; /* answer section only, types above */
	size_t answer_count;
	bool answers_cut; /* more than DNS_RECORDS_MAX */
};

/*
 * Decodes a message. Names are presentation form with odd bytes as \DDD
 * (RFC 1035 5.1). Compression loops and overruns are refused.
 */
bool dns_decode(struct arena *arena, struct dns_message *message,
		const void *data, size_t length, const char **why);

/* A query with recursion desired; the length, 0 when name is not lawful. */
size_t dns_encode_query(uint8_t *buffer, size_t capacity, uint16_t id,
			const char *name, uint16_t type);

/* Whether name can stand in DNS: labels of 1 to 63, in all at most 253. */
bool dns_name_is_lawful(const char *name);

#endif
