#include "common/plan/listener_probe.h"

static const char *const probes[LISTENER_COUNT] = {
	[LISTENER_ACCESS] = "sip",
	[LISTENER_FEDERATION] = "sip",
	[LISTENER_WEBCONF] = "webconf",
	[LISTENER_AV_TCP] = "msturn-allocate-tcp",
	[LISTENER_AV_UDP] = "msturn-allocate",
	[LISTENER_XMPP] = "xmpp",
	[LISTENER_INSIDE_SIP] = "sip",
	[LISTENER_INSIDE_MRAS] = "sip",
	[LISTENER_INSIDE_PSOM] = "tls",
	[LISTENER_INSIDE_XMPP] = "tls",
	[LISTENER_INSIDE_AV_UDP] = "msturn-allocate",
	[LISTENER_INSIDE_AV_TCP] = "msturn-allocate-tcp",
	[LISTENER_INSIDE_HTTPS] = "port-https",
	[LISTENER_INSIDE_LOG_1] = "port",
	[LISTENER_INSIDE_LOG_2] = "port",
	[LISTENER_INSIDE_LOG_3] = "port",
};

const char *listener_probe(enum listener listener)
{
	return probes[listener];
}
