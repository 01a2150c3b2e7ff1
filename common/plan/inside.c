#include "common/plan/inside.h"

#include "common/base/dns_name.h"
#include "common/plan/asking.h"
#include "common/plan/listener_probe.h"
#include "common/plan/silence.h"
#include "common/plan/spread.h"

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

/*
 * Credentials: of a file, or of the first node that grants some; with those
 * of one, every node of the pool is tried.
 */

static bool has_granted(const struct observation *seen)
{
	return seen && seen->outcome == OUTCOME_ANSWERED &&
	       observation_fact(seen, "mras.username_length");
}

/* Whether there are any by now; else plans to ask the next node for some. */
static bool get_credentials(struct plan *plan,
			    const struct deployment *deployment)
{
	const char *at =
		deployment->mras_uri ? strchr(deployment->mras_uri, '@') : NULL;

	if (deployment->has_credentials || !at)
		return deployment->has_credentials;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct check_spec spec = {
			.probe = "mras",
			.endpoint = target->endpoint,
			.subject = "-",
			.url = deployment->mras_uri,
			.from_domain = arena_format(deployment->arena, "%.*s",
						    (int)strcspn(at + 1, ":;>"),
						    at + 1),
		};
		const struct observation *seen;

		if (target->listener != LISTENER_INSIDE_MRAS)
			continue;
		seen = deployment_seen(deployment, target, "mras", NULL);
		if (has_granted(seen))
			return true;
		if (!seen) {
			plan_add(deployment->arena, plan, &spec);
			return false;
		}
	}
	return false;
}

static void plan_relay(struct plan *plan, const struct deployment *deployment,
		       const struct target *target,
		       bool (*wanted)(const void *context, const char *probe),
		       const void *context)
{
	const struct check_spec spec = {
		.probe = target->listener == LISTENER_INSIDE_AV_UDP
				 ? "msturn-relay"
				 : "msturn-relay-tcp",
		.endpoint = target->endpoint,
		.subject = "-",
	};

	if ((target->listener == LISTENER_INSIDE_AV_UDP ||
	     target->listener == LISTENER_INSIDE_AV_TCP) &&
	    wanted(context, spec.probe))
		plan_add(deployment->arena, plan, &spec);
}

/* Back from each address, and from what that gives to the address again. */
static void ask_backwards(struct plan *plan,
			  const struct deployment *deployment,
			  const struct target *target)
{
	char reverse[DNS_REVERSE_BYTES];
	const char *name = arena_text(
		deployment->arena,
		dns_reverse_name(reverse, &target->endpoint.address));
	const struct fact *fact = deployment_records(deployment, name, DNS_PTR);

	asking_name(plan, deployment, name, DNS_PTR);
	for (; fact; fact = fact_next(fact))
		asking_addresses(plan, deployment, fact->text);
}

void inside_follow(struct plan *plan, const struct deployment *deployment,
		   bool (*wanted)(const void *context, const char *probe),
		   const void *context)
{
	bool may_allocate;

	asking_place(plan, deployment);
	ask_names(plan, deployment);
	may_allocate = wanted(context, "mras") || deployment->has_credentials
			       ? get_credentials(plan, deployment)
			       : false;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (target->listener == LISTENER_INSIDE_SIP &&
		    wanted(context, "dns"))
			ask_backwards(plan, deployment, target);
		/* nothing is looked at that an open answer could rule out */
		if (!target->is_settled ||
		    !wanted(context, listener_probe(target->listener)))
			continue;
		plan_target(plan, deployment, target);
		ask_shown_name(plan, deployment, target);
		if (may_allocate)
			plan_relay(plan, deployment, target, wanted, context);
		if (wanted(context, "port"))
			spread_plan_inside(plan, deployment, target);
	}
	if (wanted(context, "path"))
		silence_follow(plan, deployment);
}
