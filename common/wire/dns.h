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
#include "common/base/dns_name.h"
#include "common/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_RECORDS_MAX 512 /* of one answer that are kept */

struct dns_record {
	const char *name;     /* presentation form, lower case, no final dot */
	uint16_t type, class; /* class is always IN */
	uint32_t ttl_s;
	struct address address;		 /* A, AAAA */
	const char *target;		 /* of a name; "." for the root */
	uint16_t priority, weight, port; /* SRV */
};

struct dns_message {
	uint16_t id;
	bool is_response, is_authoritative, is_truncated;
	unsigned rcode;
	const char *question; /* NULL when there is none */
	uint16_t question_type;
	/* Of the answer section: class IN and known types only. */
	struct dns_record *answers;
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

#endif
