#include "common/judge/predicate.h"

#include "common/plan/errand.h"

#include <string.h>

/*
 * What the Edge's place sends itself: as any errand, and where it is lost, who
 * may have stopped it. A firewall in between and the peer look alike.
 */

static const char *wall_of(const struct requirement *requirement)
{
	return strncmp(requirement->flow, "int.", 4) == 0
		       ? "the internal firewall"
		       : "the external firewall";
}

static bool was_sent(const struct opinion *opinion)
{
	for (size_t i = 0; i < opinion->observation_count; i++)
		if (opinion->observations[i]->outcome != OUTCOME_ANSWERED)
			return true;
	return false;
}

static void judge_one(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct errand *errand)
{
	struct inquiry one = *inquiry;
	char from[ADDRESS_TEXT_BYTES];

	one.errands = &errand;
	one.errand_count = 1;
	judge_reached(&one, opinion);
	if (opinion->state != STATE_BLOCKED || !was_sent(opinion))
		return;
	opinion->because = arena_format(
		inquiry->arena,
		"%s; packets from %s are stopped by %s of this "
		"place, or by the peer",
		opinion->because,
		errand->from.family ? address_format(from, &errand->from)
				    : "this host",
		wall_of(inquiry->requirement));
}

void judge_sent(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->errand_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_one(inquiry, &one, inquiry->errands[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}
