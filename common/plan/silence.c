#include "common/plan/silence.h"

#include "common/plan/listener_probe.h"

#include <string.h>

/* Silent, or rejected on the way; a connection that stood got through. */
static bool is_lost(const struct observation *seen)
{
	return seen &&
	       (seen->outcome == OUTCOME_NO_REPLY ||
		seen->outcome == OUTCOME_UNREACHABLE) &&
	       !observation_fact(seen, "tcp.rtt_us");
}

static size_t count_paths(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += strcmp(plan->items[i]->probe, "path") == 0;
	return count;
}

static void plan_path(struct plan *plan, const struct deployment *deployment,
		      const struct endpoint *endpoint)
{
	struct check_spec spec = {
		.probe = "path", .endpoint = *endpoint, .subject = "-"};

	spec.endpoint.name = NULL; /* several may share the endpoint */
	plan_add(deployment->arena, plan, &spec);
}

/* A port over TCP that works at the same address, to compare with. */
static const struct target *find_working(const struct deployment *deployment,
					 const struct target *silent)
{
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen;

		if (target->endpoint.transport != TRANSPORT_TCP ||
		    !address_equal(&target->endpoint.address,
				   &silent->endpoint.address))
			continue;
		seen = deployment_seen(deployment, target,
				       listener_probe(target->listener), NULL);
		if (seen && seen->outcome == OUTCOME_ANSWERED)
			return target;
	}
	return NULL;
}

bool silence_follow_at(struct plan *plan, const struct deployment *deployment,
		       const struct observation *seen)
{
	if (!is_lost(seen) || count_paths(plan) >= SILENCE_PATHS_MAX)
		return false;
	plan_path(plan, deployment, &seen->endpoint);
	return true;
}

void silence_compare(struct plan *plan, const struct deployment *deployment,
		     const struct endpoint *working)
{
	plan_path(plan, deployment, working);
}

/* How far do packets get to a port that keeps silent? */
static void follow_silence(struct plan *plan,
			   const struct deployment *deployment,
			   const struct target *target)
{
	const char *probe = listener_probe(target->listener);
	const struct target *working;

	if (!silence_follow_at(
		    plan, deployment,
		    deployment_seen(deployment, target, probe, NULL)))
		return;
	working = find_working(deployment, target);
	if (working)
		silence_compare(plan, deployment, &working->endpoint);
}

void silence_follow(struct plan *plan, const struct deployment *deployment)
{
	for (size_t i = 0; i < deployment->target_count; i++)
		follow_silence(plan, deployment, &deployment->targets[i]);
}
