#include "probes/serve/gateway.h"

#include "common/base/text.h"
#include "probes/serve/faults.h"

#define OPENING_MAX 2048

static bool has(const struct gateway *gateway, enum quirk quirk)
{
	return quirks_have(gateway->quirks, quirk);
}

static bool serves(const struct gateway *gateway, const char *domain)
{
	const struct topology *topology = gateway->topology;

	if (has(gateway, QUIRK_HOST_UNKNOWN))
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (text_names_equal(topology->domains[i], domain))
			return true;
	return false;
}

static const char *error(struct arena *arena, const char *condition)
{
	return arena_format(arena,
			    "<stream:error><%s "
			    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
			    "</stream:error></stream:stream>",
			    condition);
}

/* Defaults of a partner: TLS and SASL required, dialback allowed (8.4). */
static const char *features(struct arena *arena, const struct gateway *gateway,
			    const struct gateway_talk *talk)
{
	const char *first = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
			    "<required/></starttls>";

	if (talk->is_secure)
		first = "<mechanisms "
			"xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
			"<mechanism>EXTERNAL</mechanism></mechanisms>";
	else if (has(gateway, QUIRK_NO_STARTTLS))
		first = "";
	return arena_format(arena,
			    "<stream:features>%s"
			    "<dialback xmlns='urn:xmpp:features:dialback'/>"
			    "</stream:features>",
			    first);
}

/* The header of ours; NULL where the other's cannot be repeated. */
static const char *header(struct arena *arena, const struct gateway *gateway,
			  const struct gateway_talk *talk)
{
	const struct topology *topology = gateway->topology;
	const struct xmpp_reader *reader = &talk->reader;
	const struct xmpp_opening opening = {
		.from = serves(gateway, reader->to) ? reader->to
						    : topology->domains[0],
		.to = reader->from,
		.id = arena_format(arena, "edgesim-%u", talk->number),
	};
	char *text = arena_alloc(arena, OPENING_MAX);

	return xmpp_open(text, OPENING_MAX, &opening) ? text : NULL;
}

static enum gateway_next greet(struct arena *arena,
			       const struct gateway *gateway,
			       const struct gateway_talk *talk,
			       const char **answer)
{
	const char *start = header(arena, gateway, talk);
	bool is_served = serves(gateway, talk->reader.to);

	if (!start)
		return GATEWAY_LEAVES;
	*answer = arena_format(arena, "%s%s%s", *answer, start,
			       is_served ? features(arena, gateway, talk)
					 : error(arena, "host-unknown"));
	return is_served ? GATEWAY_STAYS : GATEWAY_LEAVES;
}

static enum gateway_next leave(struct arena *arena, const char *words,
			       const char **answer)
{
	*answer = arena_format(arena, "%s%s", *answer, words);
	return GATEWAY_LEAVES;
}

static enum gateway_next secure(struct arena *arena,
				const struct gateway *gateway,
				struct gateway_talk *talk, const char **answer)
{
	if (talk->is_secure || has(gateway, QUIRK_NO_STARTTLS))
		return leave(arena, XMPP_SAY_FAILURE XMPP_SAY_END, answer);
	*answer = arena_format(arena, "%s%s", *answer, XMPP_SAY_PROCEED);
	xmpp_begin(&talk->reader);
	talk->is_secure = true;
	return GATEWAY_SECURES;
}

enum gateway_next gateway_hear(struct arena *arena,
			       const struct gateway *gateway,
			       struct gateway_talk *talk, const char *data,
			       size_t length, const char **answer)
{
	enum gateway_next next = GATEWAY_STAYS;
	size_t used;

	*answer = "";
	while (next == GATEWAY_STAYS) {
		enum xmpp_event event =
			xmpp_read(&talk->reader, data, length, &used);

		data += used;
		length -= used;
		switch (event) {
		case XMPP_MORE:
			return GATEWAY_STAYS;
		case XMPP_HEADER:
			next = greet(arena, gateway, talk, answer);
			break;
		case XMPP_STARTTLS:
			next = secure(arena, gateway, talk, answer);
			break;
		case XMPP_END:
			next = leave(arena, XMPP_SAY_END, answer);
			break;
		case XMPP_BROKEN:
			next = leave(arena, error(arena, "not-well-formed"),
				     answer);
			break;
		default:
			next = leave(arena, error(arena, "not-authorized"),
				     answer);
		}
	}
	return next;
}
