#include "probes/serve/faults.h"

#include "common/base/hint.h"

#include <string.h>
#include <strings.h>

#define FEDERATION LISTENER_BIT(LISTENER_FEDERATION)
#define AV_UDP	   LISTENER_BIT(LISTENER_AV_UDP)
#define XMPP	   LISTENER_BIT(LISTENER_XMPP)
#define LOGGING                                                                \
	(LISTENER_BIT(LISTENER_INSIDE_LOG_1) |                                 \
	 LISTENER_BIT(LISTENER_INSIDE_LOG_2) |                                 \
	 LISTENER_BIT(LISTENER_INSIDE_LOG_3))
/* What is not outside, nor the reverse proxy's. */
#define INSIDE                                                                 \
	(LISTENER_BIT(LISTENER_COUNT) - LISTENER_BIT(LISTENER_OUTSIDE_COUNT))
#define WEB (LISTENER_BIT(STAND_WEB_HTTPS) | LISTENER_BIT(STAND_WEB_HTTP))

static const struct fault *find_fault(const char *id, size_t length)
{
	for (size_t i = 0; i < fault_count; i++) {
		if (strlen(fault_table[i].id) == length &&
		    memcmp(fault_table[i].id, id, length) == 0)
			return &fault_table[i];
	}
	return NULL;
}

static const struct node *find_node(const struct topology *topology,
				    const char *name)
{
	for (size_t i = 0; i < topology->node_count; i++) {
		if (strcasecmp(topology->nodes[i].name, name) == 0)
			return &topology->nodes[i];
	}
	return NULL;
}

bool fault_is_inside(const struct fault *fault)
{
	return fault->listeners & INSIDE;
}

/* What listens inside only under conditions. */
static const char *inside_lacks(const struct fault *fault,
				const struct topology *topology)
{
	bool is_xmpp = fault->listeners == LISTENER_BIT(LISTENER_INSIDE_XMPP);
	bool has_address = false;

	for (size_t i = 0; i < topology->node_count; i++)
		has_address |= topology->nodes[i].internal.family != 0;
	if (!has_address)
		return "a node with an internal address";
	if (is_xmpp && !(topology->features & FEATURE_BIT(FEATURE_XMPP)))
		return "the feature xmpp";
	if (is_xmpp && !product_has_xmpp(topology->product))
		return "a product with XMPP";
	if (!(fault->listeners & ~LOGGING) &&
	    !(topology->features & FEATURE_BIT(FEATURE_CLS)))
		return "the feature cls";
	return NULL;
}

/* What the fault needs to change anything here; NULL: nothing is missing. */
static const char *fault_lacks(const struct fault *fault,
			       const struct topology *topology)
{
	bool is_xmpp =
		fault->listeners == XMPP || fault->quirk == QUIRK_LACKS_XMPP;

	if (fault_is_inside(fault))
		return inside_lacks(fault, topology);
	if (is_xmpp && !(topology->features & FEATURE_BIT(FEATURE_XMPP)))
		return "the feature xmpp";
	if (fault->listeners & WEB && !topology->web.address_count)
		return "an address in [web]";
	if ((fault->quirk == QUIRK_OTHER_ALTERNATE ||
	     fault->quirk == QUIRK_ALLOCATE_300) &&
	    topology->node_count < 2)
		return "a second node";
	if (fault->quirk == QUIRK_LACKS_SECOND_DOMAIN &&
	    topology->domain_count < 2)
		return "a second SIP domain";
	return NULL;
}

static const char *unknown_fault(struct arena *arena, const char *id)
{
	struct hint hint = hint_for(id);

	for (size_t i = 0; i < fault_count; i++)
		hint_offer(&hint, fault_table[i].id);
	return arena_format(arena, "unknown fault '%s'%s", id,
			    hint.nearest ? hint_text(arena, &hint)
					 : " (see --list-faults)");
}

bool fault_parse(struct arena *arena, const char *text,
		 const struct topology *topology, struct fault_choice *choice,
		 const char **why)
{
	size_t length = strcspn(text, "@");
	const struct node *node = NULL;
	const char *lacks;

	choice->fault = find_fault(text, length);
	if (!choice->fault) {
		*why = unknown_fault(arena, arena_copy(arena, text, length));
		return false;
	}
	if (text[length] == '@' && choice->fault->listeners & WEB) {
		*why = arena_format(arena,
				    "fault '%s' is of the reverse proxy, not "
				    "of a node",
				    choice->fault->id);
		return false;
	}
	if (text[length] == '@') {
		node = find_node(topology, text + length + 1);
		if (!node) {
			*why = arena_format(
				arena, "fault '%s': unknown node '%s'",
				choice->fault->id, text + length + 1);
			return false;
		}
	}
	lacks = fault_lacks(choice->fault, topology);
	if (lacks) {
		*why = arena_format(arena, "fault '%s' needs %s",
				    choice->fault->id, lacks);
		return false;
	}
	choice->node = node ? node->name : NULL;
	return true;
}

/* What only listens where its service is: elsewhere the port is closed. */
static const struct {
	enum quirk quirk;
	uint32_t listeners;
} closed_by[] = {
	{QUIRK_REFUSE, UINT32_MAX},
	{QUIRK_SWAP_ACCESS_WEBCONF, FEDERATION | XMPP},
	{QUIRK_SWAP_ACCESS_AV, FEDERATION | XMPP | AV_UDP},
	{QUIRK_SWAP_WEBCONF_AV, AV_UDP},
	{QUIRK_WEB_NAMES, FEDERATION},
};

bool fault_refuses(enum listener listener, struct quirks quirks)
{
	for (size_t i = 0; i < sizeof(closed_by) / sizeof(closed_by[0]); i++)
		if (quirks_have(quirks, closed_by[i].quirk) &&
		    (closed_by[i].listeners & LISTENER_BIT(listener)))
			return true;
	return false;
}

_Static_assert(QUIRK_STAPLE_STALE - QUIRK_REVOKED ==
		       REVOKING_STAPLE_STALE - REVOKING_REVOKED,
	       "the quirks of revocation are in the order of enum revoking");

enum revoking fault_revoking(struct quirks quirks)
{
	for (unsigned i = QUIRK_REVOKED; i <= QUIRK_STAPLE_STALE; i++)
		if (quirks_have(quirks, (enum quirk)i))
			return (enum revoking)(i - QUIRK_REVOKED +
					       REVOKING_REVOKED);
	return REVOKING_HEALTHY;
}

struct quirks fault_quirks(const struct fault_choice *choices, size_t count,
			   const char *node, unsigned listener)
{
	struct quirks quirks = quirks_none;

	for (size_t i = 0; i < count; i++) {
		const struct fault *fault = choices[i].fault;

		if ((fault->listeners & LISTENER_BIT(listener)) &&
		    (!choices[i].node || strcmp(choices[i].node, node) == 0))
			quirks_add(&quirks, quirks_of(fault->quirk));
	}
	return quirks;
}
