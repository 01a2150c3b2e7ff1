#include "common/plan/rehearsal.h"

#include "common/plan/firewall.h"

#include <string.h>

/*
 * Ports
 */

static unsigned tried_of(const struct rehearsal_step *like, bool is_full)
{
	unsigned all = like->last - like->first + 1u;

	return is_full || all < REHEARSAL_SAMPLE ? all : REHEARSAL_SAMPLE;
}

/* The first, the last, and those between at even distances. */
static void add_steps(struct arena *arena, struct rehearsal_plan *plan,
		      const struct rehearsal_step *like, bool is_full)
{
	unsigned tried = tried_of(like, is_full);
	unsigned width = (unsigned)(like->last - like->first);

	for (unsigned i = 0; i < tried; i++) {
		struct rehearsal_step *step;

		plan->steps = arena_grow(arena, plan->steps, plan->count,
					 &plan->capacity, sizeof(*plan->steps));
		step = &plan->steps[plan->count++];
		*step = *like;
		step->tried = tried;
		step->port = (uint16_t)(like->first +
					(i ? width * i / (tried - 1) : 0));
	}
}

/*
 * Rows
 */

static bool holds(const struct party *party, const struct address *address)
{
	for (size_t i = 0; i < party->count; i++)
		if (network_holds(&party->networks[i], address))
			return true;
	return false;
}

static bool is_wanted(const struct rehearsal_wish *wish,
		      const struct passage *passage)
{
	if (passage_is_internal(passage) != wish->is_inside)
		return false;
	for (size_t i = 0; i < passage->id_count; i++)
		if (!wish->wanted ||
		    wish->wanted(wish->context,
				 requirement_find(passage->ids[i])))
			return true;
	return false;
}

/* The addresses of one interface, each once. */
struct plan_maker {
	struct arena *arena;
	struct rehearsal_plan *plan;
	const struct rehearsal_wish *wish;
	const struct passage *passage;
	const struct party *edge;
	size_t before; /* steps, without those of the passage */
};

static void add_address(struct plan_maker *maker, const struct address *local,
			const struct address *public)
{
	const struct passage *passage = maker->passage;
	const struct rehearsal_step like = {
		.flow = passage->row->requirement->flow,
		.node = maker->wish->node->name,
		.is_from_edge = !passage->row->is_inbound,
		.is_local_port = passage->row->is_local_port,
		.transport = passage->row->transport,
		.first = passage->first,
		.last = passage->last,
		.local = *local,
		.public = *public,
	};

	if (local->family != maker->wish->family || !holds(maker->edge, local))
		return;
	for (size_t i = maker->before; i < maker->plan->count; i++)
		if (address_equal(&maker->plan->steps[i].local, local))
			return;
	add_steps(maker->arena, maker->plan, &like, maker->wish->is_full);
}

static void add_passage(struct plan_maker *maker)
{
	const struct node *node = maker->wish->node;

	if (maker->wish->is_inside) {
		add_address(maker, &node->internal, &node->internal);
		return;
	}
	for (unsigned service = 0; service < SERVICE_COUNT; service++)
		for (size_t i = 0; i < node->address_count[service]; i++)
			add_address(maker, &node->addresses[service][i].local,
				    &node->addresses[service][i].public);
}

/* Whether its row is tried or not: the firewall may let it through. */
static void shun_ports(struct rehearsal_plan *plan,
		       const struct passage *passage)
{
	if (!passage->row->is_local_port)
		return;
	if (!plan->shun_first || passage->first < plan->shun_first)
		plan->shun_first = passage->first;
	if (passage->last > plan->shun_last)
		plan->shun_last = passage->last;
}

void rehearsal_add_rows(struct arena *arena, struct rehearsal_plan *plan,
			const struct rehearsal_wish *wish)
{
	const struct passages passages =
		firewall_passages(arena, wish->topology, false);

	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];
		struct plan_maker maker = {
			.arena = arena,
			.plan = plan,
			.wish = wish,
			.passage = passage,
			.edge = passage->row->is_inbound ? &passage->destination
							 : &passage->source,
			.before = plan->count,
		};

		shun_ports(plan, passage);
		if (is_wanted(wish, passage))
			add_passage(&maker);
	}
}

/*
 * Ports named by hand
 */

#define WORD_BYTES 24 /* "udp/50000-59999" and more */

/* "50000-59999" or "443" */
static bool read_range(const char *text, struct rehearsal_step *step)
{
	const char *dash = strchr(text, '-');
	char first[WORD_BYTES];
	size_t length = dash ? (size_t)(dash - text) : strlen(text);

	memcpy(first, text, length);
	first[length] = '\0';
	return port_parse(first, &step->first) &&
	       port_parse(dash ? dash + 1 : text, &step->last) &&
	       step->first <= step->last;
}

static bool read_word(const char *word, struct rehearsal_step *step)
{
	if (strncmp(word, "tcp/", 4) == 0)
		step->transport = TRANSPORT_TCP;
	else if (strncmp(word, "udp/", 4) == 0)
		step->transport = TRANSPORT_UDP;
	else
		return false;
	return read_range(word + 4, step);
}

bool rehearsal_add_ports(struct arena *arena, struct rehearsal_plan *plan,
			 const char *list, bool is_from_edge, bool is_full,
			 const char **why)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		const char *word =
			arena_format(arena, "%.*s", (int)length, list);
		struct rehearsal_step step = {
			.flow = word,
			.node = "-",
			.is_from_edge = is_from_edge,
		};

		if (length >= WORD_BYTES || !read_word(word, &step)) {
			*why = arena_format(arena,
					    "'%s' is no port: tcp/443, or "
					    "udp/50000-59999",
					    word);
			return false;
		}
		add_steps(arena, plan, &step, is_full);
		list += length + (list[length] == ',');
	}
	return true;
}

/*
 * Whose turn it is
 */

/* Whether a step binds its port at the Edge, or else at the other end. */
static bool binds(const struct rehearsal_step *step, bool at_edge)
{
	return (step->is_from_edge == at_edge) == step->is_local_port;
}

bool rehearsal_collide(const struct rehearsal_step *one,
		       const struct rehearsal_step *other)
{
	if (one->transport != other->transport || one->port != other->port)
		return false;
	if (binds(one, false) && binds(other, false))
		return true;
	return binds(one, true) && binds(other, true) &&
	       address_equal(&one->local, &other->local);
}
