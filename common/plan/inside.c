#include "common/plan/inside.h"

#include "common/plan/asking.h"
#include "common/plan/listener_probe.h"
#include "common/plan/silence.h"

#include <string.h>

static void ask_names(struct plan *plan, const struct deployment *deployment)
{
	const struct topology *topology = deployment->topology;

	for (size_t i = 0; i < deployment->inside_name_count; i++)
		asking_addresses(plan, deployment, deployment->inside_names[i]);
	if (!deployment->inside_name_count && topology->internal_name)
		asking_addresses(plan, deployment, topology->internal_name);
}

static void plan_target(struct plan *plan, const struct deployment *deployment,
			const struct target *target)
{
	const struct check_spec spec = {
		.probe = listener_probe(target->listener),
		.endpoint = target->endpoint,
		.subject = "-",
		.shows_identity = listener_table[target->listener].is_mutual,
	};

	plan_add(deployment->arena, plan, &spec);
}

/* A certificate may name the pool where a member was asked for. */
static void ask_shown_name(struct plan *plan,
			   const struct deployment *deployment,
			   const struct target *target)
{
	const struct observation *seen = deployment_seen(
		deployment, target, listener_probe(target->listener), NULL);
	const char *subject = seen ? observation_text(seen, "cert.cn") : NULL;

	if (subject && target->listener == LISTENER_INSIDE_SIP &&
	    !deployment->topology->file)
		asking_addresses(plan, deployment, subject);
}

void inside_follow(struct plan *plan, const struct deployment *deployment,
		   bool (*wanted)(const void *context, const char *probe),
		   const void *context)
{
	asking_place(plan, deployment);
	ask_names(plan, deployment);
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		/* nothing is looked at that an open answer could rule out */
		if (!target->is_settled ||
		    !wanted(context, listener_probe(target->listener)))
			continue;
		plan_target(plan, deployment, target);
		ask_shown_name(plan, deployment, target);
	}
	if (wanted(context, "path"))
		silence_follow(plan, deployment);
}
