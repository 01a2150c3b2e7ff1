/*
 * rehearsal.h - which paths to try before anything is installed, with two
 * hosts in the places of the Edge Server and of who talks with it: the rows
 * of firewall.tsv between the two, a step a port. Pure.
 */
#ifndef COMMON_PLAN_REHEARSAL_H
#define COMMON_PLAN_REHEARSAL_H

#include "common/base/arena.h"
#include "common/model/requirement.h"
#include "common/model/topology.h"

#define REHEARSAL_SAMPLE 16 /* ports of a range, unless told */

/* One port of one row. */
struct rehearsal_step {
	const char *flow;   /* of the row; ports named by hand: "tcp/443" */
	const char *node;   /* "-" without a topology */
	bool is_from_edge;  /* the first packet is the Edge's */
	bool is_local_port; /* the port is the sender's; it may send to any */
	enum transport transport;
	uint16_t port;
	uint16_t first, last; /* of the range that it stands for */
	unsigned tried;	      /* ports of that range */
	struct address local; /* of the Edge; family 0: whichever it has */
	struct address public;
};

struct rehearsal_plan {
	struct rehearsal_step *steps;
	size_t count, capacity;
	/* ports of senders that some row lets through: no other trial is to
	 * be sent from one of these; both 0: none */
	uint16_t shun_first, shun_last;
};

struct rehearsal_wish {
	const struct topology *topology;
	const struct node *node; /* whose place the one host takes */
	bool is_inside; /* the other stands inside, for whoever is there */
	int family;	/* AF_INET or AF_INET6 */
	bool is_full;	/* every port of a range */
	bool (*wanted)(const void *context, const struct requirement *row);
	const void *context;
};

/* Adds the steps of every passage with a row that is wanted. */
void rehearsal_add_rows(struct arena *arena, struct rehearsal_plan *plan,
			const struct rehearsal_wish *wish);

/*
 * Adds what a list names, "tcp/443,udp/50000-59999", in one direction. False
 * with *why, from the arena.
 */
bool rehearsal_add_ports(struct arena *arena, struct rehearsal_plan *plan,
			 const char *list, bool is_from_edge, bool is_full,
			 const char **why);

/* Whether both need the same port at one end, so that each has its turn. */
bool rehearsal_collide(const struct rehearsal_step *one,
		       const struct rehearsal_step *other);

#endif
