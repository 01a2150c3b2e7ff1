#include "common/model/listener.h"

#define OLDEST PRODUCT_LYNC2010
#define NEWEST PRODUCT_SFBSE
#define ALONE  SERVICE_COUNT /* of no service: never behind a balancer */
#define TCP    TRANSPORT_TCP
#define UDP    TRANSPORT_UDP

#define WITH(feature) FEATURE_BIT(FEATURE_##feature)

const struct listener_info listener_table[LISTENER_COUNT] = {
	/* edge-services.md 2.1 */
	[LISTENER_ACCESS] = {"access", "Access Edge", SERVICE_ACCESS, TCP, 443,
			     WITH(REMOTE_ACCESS), OLDEST, NEWEST, false},
	[LISTENER_FEDERATION] = {"federation", "Access Edge, federation",
				 SERVICE_ACCESS, TCP, 5061, WITH(FEDERATION),
				 OLDEST, NEWEST, true},
	[LISTENER_WEBCONF] = {"webconf", "Web Conferencing Edge",
			      SERVICE_WEBCONF, TCP, 443, WITH(WEBCONF), OLDEST,
			      NEWEST, false},
	[LISTENER_AV_TCP] = {"av-tcp", "A/V Edge, TCP", SERVICE_AV, TCP, 443,
			     WITH(AV), OLDEST, NEWEST, false},
	[LISTENER_AV_UDP] = {"av-udp", "A/V Edge, UDP", SERVICE_AV, UDP, 3478,
			     WITH(AV), OLDEST, NEWEST, false},
	[LISTENER_XMPP] = {"xmpp", "XMPP proxy", SERVICE_XMPP, TCP, 5269,
			   WITH(XMPP), OLDEST, NEWEST, false},

	/* 2.3 */
	[LISTENER_INSIDE_SIP] = {"int-sip", "Access Edge, internal",
				 SERVICE_ACCESS, TCP, 5061, 0, OLDEST, NEWEST,
				 true},
	[LISTENER_INSIDE_MRAS] = {"int-mras", "A/V Authentication", SERVICE_AV,
				  TCP, 5062, WITH(AV), OLDEST, NEWEST, true},
	[LISTENER_INSIDE_PSOM] = {"int-psom", "Web Conferencing Edge, internal",
				  SERVICE_WEBCONF, TCP, 8057, WITH(WEBCONF),
				  OLDEST, NEWEST, true},
	/* 8.6: TLS from the first byte on, other than 5269 */
	[LISTENER_INSIDE_XMPP] = {"int-xmpp", "XMPP proxy, internal",
				  SERVICE_XMPP, TCP, 23456, WITH(XMPP),
				  PRODUCT_LYNC2013, PRODUCT_SFB2015, true},
	[LISTENER_INSIDE_AV_UDP] = {"int-av-udp", "A/V Edge, internal, UDP",
				    SERVICE_AV, UDP, 3478, WITH(AV), OLDEST,
				    NEWEST, false},
	[LISTENER_INSIDE_AV_TCP] = {"int-av-tcp", "A/V Edge, internal, TCP",
				    SERVICE_AV, TCP, 443, WITH(AV), OLDEST,
				    NEWEST, false},
	[LISTENER_INSIDE_HTTPS] = {"int-https", "configuration replica", ALONE,
				   TCP, 4443, 0, OLDEST, NEWEST, false},
	/* 9.2: of 2013 and later */
	[LISTENER_INSIDE_LOG_1] = {"int-log-1", "logging agent, 50001", ALONE,
				   TCP, 50001, WITH(CLS), PRODUCT_LYNC2013,
				   NEWEST, true},
	[LISTENER_INSIDE_LOG_2] = {"int-log-2", "logging agent, 50002", ALONE,
				   TCP, 50002, WITH(CLS), PRODUCT_LYNC2013,
				   NEWEST, true},
	[LISTENER_INSIDE_LOG_3] = {"int-log-3", "logging agent, 50003", ALONE,
				   TCP, 50003, WITH(CLS), PRODUCT_LYNC2013,
				   NEWEST, true},
};

bool listener_is_inside(enum listener listener)
{
	return listener >= LISTENER_OUTSIDE_COUNT;
}

bool listener_is_offered(const struct topology *topology,
			 enum listener listener)
{
	const struct listener_info *info = &listener_table[listener];

	return (!info->features || info->features & topology->features) &&
	       topology->product >= info->since &&
	       topology->product <= info->until;
}

bool listener_is_balanced_inside(const struct topology *topology,
				 enum listener listener)
{
	enum service service = listener_table[listener].service;
	uint32_t services = topology->balanced_inside;

	/* where nothing is said, what may be: Access and A/V (15.1) */
	if (!services)
		services = 1u << SERVICE_ACCESS | 1u << SERVICE_AV;
	return service != ALONE && services & 1u << service;
}

const struct node *listener_node_inside(const struct topology *topology,
					const struct address *address)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].internal.family &&
		    address_equal(&topology->nodes[i].internal, address))
			return &topology->nodes[i];
	return NULL;
}
