/*
 * firewall.h - what the firewalls of a deployment must let through, from the
 * rows of firewall.tsv that apply to it. Pure.
 */
#ifndef COMMON_PLAN_FIREWALL_H
#define COMMON_PLAN_FIREWALL_H

#include "common/base/arena.h"
#include "common/base/network.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

/* One end of a passage. */
struct party {
	const char *words;	  /* "the Access Edge", "any address" */
	bool is_any;		  /* no address narrows it */
	struct network *networks; /* none, and not any: not known */
	size_t count, capacity;
};

/* One flow through one firewall: the rows that ask for it as one. */
struct passage {
	const struct firewall_row *row; /* the first of them */
	const char **ids;		/* of all */
	size_t id_count, id_capacity;
	enum severity severity; /* the strongest */
	uint16_t first, last;	/* ports, those of the topology */
	struct party source, destination;
	const char *derived; /* rule that lends the row; NULL */
};

struct passages {
	struct passage *items; /* external before internal, in row order */
	size_t count, capacity;
};

/* Through the firewall inside, or else through the one outside. */
bool passage_is_internal(const struct passage *passage);

/*
 * strict: where a document says "any" and offers somebody narrower, take
 * those, as far as the topology knows them. Everything lives in the arena.
 */
struct passages firewall_passages(struct arena *arena,
				  const struct topology *topology, bool strict);

#endif
