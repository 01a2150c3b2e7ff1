#include "common/judge/predicate.h"

/*
 * What clients need of the network that they are in: every port of an Edge
 * that people of other organizations sign in to or meet at (rule
 * client.external-ports-when). Each is judged as it is seen from anywhere.
 */

static void (*const judges[LISTENER_COUNT])(const struct inquiry *inquiry,
					    struct opinion *opinion) = {
	[LISTENER_ACCESS] = judge_access_sip,
	[LISTENER_WEBCONF] = judge_webconf_tls,
	[LISTENER_AV_TCP] = judge_av_relay,
	[LISTENER_AV_UDP] = judge_av_relay,
};

void judge_client_ports(const struct inquiry *inquiry, struct opinion *opinion)
{
	for (size_t i = 0; i < inquiry->target_count; i++) {
		struct opinion one = {.state = STATE_UNOBSERVED};
		struct inquiry about = *inquiry;

		about.targets = &inquiry->targets[i];
		about.target_count = 1;
		judges[inquiry->targets[i]->listener](&about, &one);
		opinion_worst(inquiry, opinion, &one);
	}
}
