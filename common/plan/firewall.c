#include "common/plan/firewall.h"

#include "common/plan/applicability.h"
#include "common/plan/party.h"
#include "common/plan/row_port.h"

#include <string.h>

struct surveyor {
	struct arena *arena;
	const struct topology *topology;
	bool strict;
	struct passages passages;
};

bool passage_is_internal(const struct passage *passage)
{
	return passage->row->interface == INTERFACE_INTERNAL ||
	       passage->row->interface == INTERFACE_VIP_INTERNAL;
}

/* Rows of one flow at one kind of interface are one passage. */
static struct passage *find_passage(struct surveyor *surveyor,
				    const struct firewall_row *row)
{
	struct passages *passages = &surveyor->passages;

	for (size_t i = 0; i < passages->count; i++) {
		struct passage *passage = &passages->items[i];

		if (passage->row->interface == row->interface &&
		    strcmp(passage->row->requirement->flow,
			   row->requirement->flow) == 0)
			return passage;
	}
	return NULL;
}

/* Ports of our listeners are the topology's (product.md decision 15). */
static void set_ports(const struct topology *topology, struct passage *passage)
{
	const struct firewall_row *row = passage->row;
	enum listener listener;

	passage->first = row->first;
	passage->last = row->last;
	if (strncmp(row->requirement->flow, "ext.av.rtp.", 11) == 0) {
		passage->first = topology->relay_first;
		passage->last = (uint16_t)(topology->relay_first +
					   topology->relay_count - 1);
	} else if (row_listener(row->requirement, &listener)) {
		passage->first = passage->last = topology->ports[listener];
	}
}

static struct passage *add_passage(struct surveyor *surveyor,
				   const struct firewall_row *row)
{
	struct passages *passages = &surveyor->passages;
	struct passage *passage;

	passages->items =
		arena_grow(surveyor->arena, passages->items, passages->count,
			   &passages->capacity, sizeof(*passages->items));
	passage = &passages->items[passages->count++];
	*passage = (struct passage){.row = row,
				    .severity = row->requirement->severity};
	set_ports(surveyor->topology, passage);
	return passage;
}

static void add_row(struct surveyor *surveyor, const struct firewall_row *row,
		    const char *derived)
{
	struct passage *passage = find_passage(surveyor, row);
	const struct party_source source = {surveyor->arena, surveyor->topology,
					    row, surveyor->strict};

	if (!passage)
		passage = add_passage(surveyor, row);
	passage->ids =
		arena_grow(surveyor->arena, passage->ids, passage->id_count,
			   &passage->id_capacity, sizeof(*passage->ids));
	passage->ids[passage->id_count++] = row->requirement->id;
	if (row->requirement->severity < passage->severity)
		passage->severity = row->requirement->severity;
	if (!passage->derived)
		passage->derived = derived;
	party_add(&source, &passage->source, row->sources, row->source_words);
	party_add(&source, &passage->destination, row->destinations,
		  row->destination_words);
}

/* The firewall outside first; within each, the order of the rows. */
static void sort_by_firewall(struct arena *arena, struct passages *passages)
{
	struct passage *sorted =
		arena_alloc(arena, passages->count * sizeof(*sorted));
	size_t count = 0;

	for (int internal = 0; internal < 2; internal++)
		for (size_t i = 0; i < passages->count; i++)
			if (passage_is_internal(&passages->items[i]) ==
			    internal)
				sorted[count++] = passages->items[i];
	passages->items = sorted;
	passages->capacity = passages->count;
}

struct passages firewall_passages(struct arena *arena,
				  const struct topology *topology, bool strict)
{
	struct surveyor surveyor = {
		.arena = arena, .topology = topology, .strict = strict};
	size_t count;
	const struct firewall_row *table = firewall_table(&count);

	for (size_t i = 0; i < count; i++) {
		struct applicability found =
			applicability_of(arena, table[i].requirement, topology);

		if (found.applies)
			add_row(&surveyor, &table[i],
				found.derived ? found.because : NULL);
	}
	sort_by_firewall(arena, &surveyor.passages);
	return surveyor.passages;
}
