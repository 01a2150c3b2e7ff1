#include "common/judge/predicate.h"

#include <stdio.h>
#include <string.h>

/*
 * The servers of a pool are of one version (edge-services.md 11.6). Told by
 * what the Edge itself answers, not by its next hop.
 */

static int version_at(const struct deployment *deployment,
		      const struct target *target,
		      const struct observation **seen)
{
	const char *server;
	int major = 0;

	*seen = deployment_seen(deployment, target, "sip-options-control",
				NULL);
	server = *seen ? observation_text(*seen, "sip.server") : NULL;
	return server && sscanf(server, "RTC/%2d.", &major) == 1 ? major : 0;
}

struct versions {
	size_t same, others;
	int other; /* one of the others */
};

static struct versions count_versions(const struct inquiry *inquiry, int major)
{
	const struct deployment *deployment = inquiry->deployment;
	struct versions versions = {0};

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen;
		int one;

		if (target->listener != LISTENER_ACCESS)
			continue;
		one = version_at(deployment, target, &seen);
		if (!one)
			continue;
		versions.same += one == major;
		versions.others += one != major;
		if (one != major)
			versions.other = one;
	}
	return versions;
}

static void judge_version(const struct inquiry *inquiry,
			  struct opinion *opinion, const struct target *target)
{
	const struct observation *seen;
	int major = version_at(inquiry->deployment, target, &seen);
	struct versions versions;

	opinion_rest_on(inquiry, opinion, seen);
	if (!major) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s names no version (Server header)",
		      target_text(inquiry, target));
		opinion->could_not = true;
		return;
	}
	versions = count_versions(inquiry, major);
	if (versions.others && versions.same <= versions.others)
		opine(inquiry, opinion, STATE_WARN, "access.version-differs",
		      "%s answers as RTC/%d, %zu other address%s as RTC/%d",
		      target_text(inquiry, target), major, versions.others,
		      versions.others == 1 ? "" : "es", versions.other);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s answers as RTC/%d, as its pool does",
		      target_text(inquiry, target), major);
}

void judge_same_version(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};

		judge_version(inquiry, &one, inquiry->targets[i]);
		opinion_worst(inquiry, opinion, &one);
	}
}
