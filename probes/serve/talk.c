#include "probes/serve/talk.h"

#include "probes/serve/faults.h"

enum talk_name talk_choose(enum listener listener, struct quirks quirks)
{
	/* the first that is set decides */
	static const struct {
		enum quirk quirk;
		enum talk_name talk;
		uint32_t listeners; /* 0: wherever it is set */
	} odd[] = {
		{QUIRK_RESET, TALK_RESET, 0},
		{QUIRK_MUTE, TALK_MUTE, 0},
		{QUIRK_SSH_THERE, TALK_SSH, 0},
		{QUIRK_HTTP_THERE, TALK_HTTP, 0},
		{QUIRK_WEB_NAMES, TALK_HTTP, 0},
		{QUIRK_WEBCONF_THERE, TALK_WEBCONF, 0},
		{QUIRK_TLS_THERE, TALK_WEBCONF, 0},
		{QUIRK_SIP_THERE, TALK_SIP, 0},
		{QUIRK_RELAY_THERE, TALK_RELAY, 0},
		{QUIRK_CLOSES, TALK_CLOSE, 0},
		{QUIRK_STANDARD_TURN, TALK_STANDARD_TURN,
		 LISTENER_BIT(LISTENER_AV_TCP) | LISTENER_BIT(LISTENER_AV_UDP)},
		{QUIRK_SWAP_ACCESS_WEBCONF, TALK_WEBCONF,
		 LISTENER_BIT(LISTENER_ACCESS)},
		{QUIRK_SWAP_ACCESS_WEBCONF, TALK_SIP,
		 LISTENER_BIT(LISTENER_WEBCONF)},
		{QUIRK_SWAP_ACCESS_AV, TALK_RELAY,
		 LISTENER_BIT(LISTENER_ACCESS)},
		{QUIRK_SWAP_ACCESS_AV, TALK_SIP, LISTENER_BIT(LISTENER_AV_TCP)},
		{QUIRK_SWAP_WEBCONF_AV, TALK_RELAY,
		 LISTENER_BIT(LISTENER_WEBCONF)},
		{QUIRK_SWAP_WEBCONF_AV, TALK_WEBCONF,
		 LISTENER_BIT(LISTENER_AV_TCP)},
	};
	static const enum talk_name healthy[LISTENER_OUTSIDE_COUNT] = {
		[LISTENER_ACCESS] = TALK_SIP,
		[LISTENER_FEDERATION] = TALK_SIP,
		[LISTENER_WEBCONF] = TALK_WEBCONF,
		[LISTENER_AV_TCP] = TALK_RELAY,
		[LISTENER_AV_UDP] = TALK_RELAY,
		[LISTENER_XMPP] = TALK_XMPP,
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		if (quirks_have(quirks, odd[i].quirk) &&
		    (!odd[i].listeners ||
		     odd[i].listeners & LISTENER_BIT(listener)))
			return odd[i].talk;
	}
	return healthy[listener];
}

enum talk_name talk_changed(enum talk_name healthy, struct quirks quirks)
{
	if (quirks_have(quirks, QUIRK_MUTE))
		return TALK_MUTE;
	return quirks_have(quirks, QUIRK_PLAIN_HTTP) ? TALK_REPLICA : healthy;
}
