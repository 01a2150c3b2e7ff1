/* Where rows about a host itself are judged: once a host that was seen. */

#include "common/judge/court.h"

#include "common/model/host_seen.h"

#include <string.h>

static const char *name_of(const struct court *court,
			   const struct observation *seen)
{
	const struct node *node =
		host_seen_node(court->arena, court->deployment->topology, seen);

	return node ? node->name : seen->subject;
}

/* Whether a later one is of the same host. */
static bool is_outdated(const struct court *court, size_t at, const char *name)
{
	const struct observation_list *list = court->deployment->observations;

	for (size_t i = at + 1; i < list->count; i++)
		if (strcmp(list->items[i]->probe, "host") == 0 &&
		    strcmp(name_of(court, list->items[i]), name) == 0)
			return true;
	return false;
}

void court_judge_hosts(struct court *court)
{
	const struct observation_list *list = court->deployment->observations;
	bool any = false;

	for (size_t i = 0; list && i < list->count; i++) {
		struct inquiry inquiry = {
			.arena = court->arena,
			.deployment = court->deployment,
			.requirement = court->requirement,
			.subject = "-",
			.host = list->items[i],
		};

		if (strcmp(inquiry.host->probe, "host") != 0)
			continue;
		inquiry.node = name_of(court, inquiry.host);
		if (is_outdated(court, i, inquiry.node))
			continue;
		court_judge_place(court, &inquiry);
		any = true;
	}
	if (any)
		return;
	court_add(court, "-", "-")->because =
		"this host's own network was not looked at";
}
