/*
 * dns_seen.h - DNS observations made by hand, for tests of what follows.
 */
#ifndef TESTS_COMMON_MODEL_DNS_SEEN_H
#define TESTS_COMMON_MODEL_DNS_SEEN_H

#include "common/model/observation.h"
#include "common/wire/dns.h"

#include <string.h>

/*
 * Adds what a resolver said of name: answers separated by '|'; "" for none,
 * "NXDOMAIN" for a name that does not exist, "SILENCE" for no reply.
 */
static inline void dns_seen(struct arena *arena, struct observation_list *list,
			    const char *name, uint16_t type,
			    const char *answers)
{
	struct observation *seen = observation_new(arena);
	char *rest = arena_text(arena, answers);
	char *answer;

	seen->probe = "dns";
	seen->id = (unsigned)list->count + 1;
	seen->endpoint.name = name;
	seen->endpoint.transport = TRANSPORT_UDP;
	seen->outcome = OUTCOME_ANSWERED;
	observation_add_text(arena, seen, "dns.type", dns_type_name(type));
	observation_list_add(arena, list, seen);
	if (strcmp(answers, "SILENCE") == 0) {
		seen->outcome = OUTCOME_NO_REPLY;
		return;
	}
	if (strcmp(answers, "NXDOMAIN") == 0) {
		observation_add_text(arena, seen, "dns.rcode", "NXDOMAIN");
		return;
	}
	observation_add_text(arena, seen, "dns.rcode", "NOERROR");
	while ((answer = strsep(&rest, "|"))) {
		if (*answer)
			observation_add_text(arena, seen, "dns.answer", answer);
	}
}

#endif
