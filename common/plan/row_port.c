#include "common/plan/row_port.h"

#include <string.h>

/* Flows that end at a listener of ours; what we reach has its own ports. */
static const struct {
	const char *flow;
	enum listener listener;
} listeners[] = {
	{"ext.access.sip-tls.tcp443.in", LISTENER_ACCESS},
	{"ext.access.sip-mtls.tcp5061.in", LISTENER_FEDERATION},
	{"ext.webconf.psom-tls.tcp443.in", LISTENER_WEBCONF},
	{"ext.av.stun-msturn.tcp443.in", LISTENER_AV_TCP},
	{"ext.av.stun-msturn.udp3478.in", LISTENER_AV_UDP},
	{"ext.xmpp.xmpp.tcp5269.in", LISTENER_XMPP},
	{"int.access.sip-mtls.tcp5061.in", LISTENER_INSIDE_SIP},
	{"int.av-auth.sip-mtls.tcp5062.in", LISTENER_INSIDE_MRAS},
	{"int.webconf.psom-mtls.tcp8057.in", LISTENER_INSIDE_PSOM},
	{"int.xmpp.xmpp-mtls.tcp23456.in", LISTENER_INSIDE_XMPP},
	{"int.av.stun-msturn.tcp443.in", LISTENER_INSIDE_AV_TCP},
	{"int.av.stun-msturn.udp3478.in", LISTENER_INSIDE_AV_UDP},
	{"int.replication.https.tcp4443.in", LISTENER_INSIDE_HTTPS},
	{"int.logging.mtls.tcp50001.in", LISTENER_INSIDE_LOG_1},
	{"int.logging.mtls.tcp50002.in", LISTENER_INSIDE_LOG_2},
	{"int.logging.mtls.tcp50003.in", LISTENER_INSIDE_LOG_3},
};

#define LISTENERS (sizeof(listeners) / sizeof(listeners[0]))

bool row_listener(const struct requirement *row, enum listener *listener)
{
	for (size_t i = 0; i < LISTENERS; i++) {
		if (strcmp(listeners[i].flow, row->flow) != 0)
			continue;
		*listener = listeners[i].listener;
		return true;
	}
	return false;
}

/* "TCP" of "TCP 443" */
static int transport_length(const struct requirement *row)
{
	return (int)strcspn(row->port, " ");
}

const char *row_port(struct arena *arena, const struct requirement *row,
		     const struct topology *topology)
{
	enum listener listener;

	if (strncmp(row->flow, "ext.av.rtp.", 11) == 0)
		return arena_format(arena, "%.*s %u-%u", transport_length(row),
				    row->port, topology->relay_first,
				    topology->relay_first +
					    topology->relay_count - 1u);
	if (row_listener(row, &listener))
		return arena_format(arena, "%.*s %u", transport_length(row),
				    row->port, topology->ports[listener]);
	return row->port;
}
