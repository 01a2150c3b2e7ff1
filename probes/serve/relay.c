#include "probes/serve/relay.h"

#include "common/base/clock.h"
#include "common/wire/msturn_attribute.h"
#include "probes/serve/relay_answer.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <string.h>

#define VERSION_IPV6	 4
#define SHORT_LIFETIME_S 10

static bool has(const struct relay *relay, enum quirk quirk)
{
	return quirks_have(relay->quirks, quirk);
}

static bool text_is(const struct msturn_text *text, const void *data,
		    size_t length)
{
	return text->length == length && memcmp(text->data, data, length) == 0;
}

static bool same_place(const struct msturn_address *one,
		       const struct msturn_address *other)
{
	return one->port == other->port &&
	       address_equal(&one->address, &other->address);
}

/* Who asks, msturn.md 6 and 7: each finds an error code, or 0 */

static unsigned refuse_shape(const struct msturn_message *request)
{
	if (request->first_unknown)
		return 420;
	if (!request->integrity.data)
		return 401;
	if (!request->username.data)
		return 432;
	return 0;
}

static bool is_nonce(const char *nonce, const struct msturn_text *text)
{
	return *nonce && text_is(text, nonce, strlen(nonce));
}

static unsigned refuse_challenge(const struct relay *relay,
				 const struct msturn_message *request)
{
	const struct relay_pool *pool = relay->pool;

	if (has(relay, QUIRK_STALE_FOR_EVER))
		return 438;
	return is_nonce(pool->nonce, &request->nonce) ||
			       is_nonce(pool->previous, &request->nonce)
		       ? 0
		       : 438;
}

/* Also finds the key that the user's requests are hashed with. */
static unsigned refuse_user(const struct relay *relay,
			    const struct relay_call *call, uint8_t key[16])
{
	static const uint8_t realm[] = RELAY_REALM;
	const struct msturn_message *request = call->request;
	uint8_t password[TOKEN_PASSWORD_BYTES];
	enum token_state state =
		token_check(&relay->pool->keys, request->username.data,
			    request->username.length, call->wall_s, password);

	if (state == TOKEN_FOREIGN)
		return 436;
	msturn_key(key, &request->username,
		   &(struct msturn_text){realm, sizeof(realm) - 1},
		   &(struct msturn_text){password, sizeof(password)});
	OPENSSL_cleanse(password, sizeof(password));
	if (!msturn_verify(request, call->datagram, key))
		return 431;
	return state == TOKEN_EXPIRED ? 430 : 0;
}

/* Whether the request speaks of this allocation and not of one before. */
static bool is_of(const struct relay_grant *grant,
		  const struct msturn_message *request)
{
	return grant->is_open &&
	       (!request->has_sequence ||
		memcmp(request->connection_id, grant->connection_id,
		       sizeof(grant->connection_id)) == 0);
}

static bool is_owner(const struct relay_grant *grant,
		     const struct msturn_message *request)
{
	return text_is(&request->username, grant->username,
		       grant->username_length);
}

/* Allocate: also refreshes and releases */

static unsigned refuse_allocate(const struct relay *relay,
				const struct relay_call *call,
				const struct relay_grant *grant,
				uint8_t key[16])
{
	const struct msturn_message *request = call->request;
	unsigned code = refuse_shape(request);

	if (code)
		return code;
	if (!request->realm.data ||
	    !text_is(&request->realm, RELAY_REALM, strlen(RELAY_REALM)))
		return 434;
	if (!request->nonce.data)
		return 435;
	code = refuse_user(relay, call, key);
	if (code)
		return code;
	code = refuse_challenge(relay, request);
	if (code)
		return code;
	if (grant->is_open && !is_owner(grant, request))
		return 441;
	if (request->has_sequence && !is_of(grant, request))
		return 437;
	return 0;
}

/* What a relay that is not well says to those who may. */
static unsigned refuse_as_told(const struct relay *relay)
{
	static const struct {
		enum quirk quirk;
		unsigned code;
	} told[] = {
		{QUIRK_ALLOCATE_300, 300}, {QUIRK_ALLOCATE_430, 430},
		{QUIRK_ALLOCATE_431, 431}, {QUIRK_ALLOCATE_436, 436},
		{QUIRK_ALLOCATE_486, 486}, {QUIRK_ALLOCATE_500, 500},
		{QUIRK_ALLOCATE_600, 600},
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (has(relay, told[i].quirk))
			return told[i].code;
	return 0;
}

static uint32_t lifetime_of(const struct relay *relay,
			    const struct msturn_message *request)
{
	uint32_t most = has(relay, QUIRK_SHORT_LIFETIME)
				? SHORT_LIFETIME_S
				: relay->lifetime_max_s;
	uint32_t asked =
		request->has_lifetime ? request->lifetime_s : RELAY_LIFETIME_S;

	return asked < most ? asked : most;
}

/* [MS-TURN] 3.2.5.1: which addresses a version gets. */
static void choose_families(struct relay_grant *grant,
			    const struct msturn_message *request)
{
	bool may_choose =
		request->has_version && request->version >= VERSION_IPV6;
	unsigned family =
		!may_choose
			? 1
			: (request->has_family ? request->requested_family : 0);

	grant->wants[RELAY_IPV4] = family != 2;
	grant->wants[RELAY_IPV6] = family != 1;
}

static void begin_grant(struct relay_grant *grant,
			const struct relay_call *call, const uint8_t key[16])
{
	const struct msturn_text *username = &call->request->username;

	*grant = (struct relay_grant){.username_length = username->length};
	memcpy(grant->username, username->data, username->length);
	memcpy(grant->key, key, sizeof(grant->key));
	memcpy(grant->connection_id, call->randomness + 16,
	       sizeof(grant->connection_id));
	choose_families(grant, call->request);
}

static enum relay_deed decide_allocate(const struct relay *relay,
				       const struct relay_call *call,
				       struct relay_grant *grant,
				       struct relay_answer *answer)
{
	const struct msturn_message *request = call->request;
	bool releases = request->has_lifetime && !request->lifetime_s;
	uint8_t key[16];
	unsigned code = refuse_allocate(relay, call, grant, key);

	if (!code && releases && !grant->is_open)
		code = 437;
	if (!code && !grant->is_open)
		code = refuse_as_told(relay);
	if (code) {
		relay_answer_error(relay, call, code, answer);
		return RELAY_NOTHING;
	}
	if (releases) {
		relay_answer_allocate(relay, call, grant, 0, answer);
		return RELAY_RELEASES;
	}
	if (!grant->is_open) {
		begin_grant(grant, call, key);
		return RELAY_OPENS;
	}
	relay_opened(relay, call, grant, answer);
	return RELAY_NOTHING;
}

void relay_opened(const struct relay *relay, const struct relay_call *call,
		  struct relay_grant *grant, struct relay_answer *answer)
{
	uint32_t lifetime_s = lifetime_of(relay, call->request);

	grant->is_open = true;
	grant->expires_us = call->now_us + lifetime_s * CLOCK_SECOND_US;
	relay_answer_allocate(relay, call, grant, lifetime_s, answer);
}

void relay_full(const struct relay *relay, const struct relay_call *call,
		struct relay_answer *answer)
{
	relay_answer_error(relay, call, relay->other.address.family ? 300 : 500,
			   answer);
}

bool relay_is_over(const struct relay_grant *grant, int64_t now_us)
{
	return grant->expires_us <= now_us;
}

/* Send and Set Active Destination */

/* One of our own grants is asked for: only who has it can ask. */
static unsigned refuse_holder(const struct relay *relay,
			      const struct relay_call *call,
			      const struct relay_grant *grant)
{
	const struct msturn_message *request = call->request;
	unsigned code = refuse_shape(request);
	uint8_t key[16];

	if (code)
		return code;
	if (!grant->is_open)
		return 437;
	if (!is_owner(grant, request)) {
		code = refuse_user(relay, call, key);
		return code ? code : 441;
	}
	if (!msturn_verify(request, call->datagram, grant->key))
		return 431;
	if (!is_of(grant, request))
		return 437;
	return request->destination.address.family ? 0 : 400;
}

static bool is_permitted(const struct relay_grant *grant,
			 const struct msturn_address *peer)
{
	for (size_t i = 0; i < grant->peer_count; i++)
		if (same_place(&grant->peers[i], peer))
			return true;
	return false;
}

static enum relay_family family_of(const struct msturn_address *address)
{
	return address->address.family == AF_INET6 ? RELAY_IPV6 : RELAY_IPV4;
}

/* Inside a private network everybody is private; else nobody may be. */
static bool is_reachable(const struct relay *relay,
			 const struct relay_grant *grant,
			 const struct msturn_address *peer)
{
	if (!peer->port || !grant->relayed[family_of(peer)].address.family ||
	    !address_is_host(&peer->address) ||
	    same_place(peer, &relay->itself)) /* it would ask itself */
		return false;
	return !address_is_private(&peer->address) ||
	       address_is_private(&relay->itself.address) ||
	       has(relay, QUIRK_REACHES_PRIVATE);
}

/* msturn.md 8.2: what was sent to may answer, that address and port alone. */
static enum relay_deed decide_send(const struct relay *relay,
				   const struct relay_call *call,
				   struct relay_grant *grant)
{
	const struct msturn_message *request = call->request;
	const struct msturn_address *peer = &request->destination;

	if (refuse_holder(relay, call, grant) || !request->data.data ||
	    !is_reachable(relay, grant, peer))
		return RELAY_NOTHING;
	if (!is_permitted(grant, peer)) {
		if (grant->peer_count == RELAY_PEERS_MAX)
			return RELAY_NOTHING;
		grant->peers[grant->peer_count++] = *peer;
	}
	return has(relay, QUIRK_INWARD_ONLY) ? RELAY_NOTHING : RELAY_SENDS;
}

static void decide_destination(const struct relay *relay,
			       const struct relay_call *call,
			       struct relay_grant *grant,
			       struct relay_answer *answer)
{
	const struct msturn_address *peer = &call->request->destination;
	unsigned code = refuse_holder(relay, call, grant);

	if (!code && !is_permitted(grant, peer))
		code = 440; /* never sent to */
	if (code) {
		relay_answer_error(relay, call, code, answer);
		return;
	}
	grant->active = *peer;
	relay_answer_destination(relay, call, grant, answer);
}

enum relay_deed relay_decide(const struct relay *relay,
			     const struct relay_call *call,
			     struct relay_grant *grant,
			     struct relay_answer *answer)
{
	const struct msturn_message *request = call->request;

	answer->message.type = 0;
	if (has(relay, QUIRK_STANDARD_TURN)) {
		if (request->type == MSTURN_ALLOCATE_REQUEST)
			relay_answer_standard(call, answer);
		return RELAY_NOTHING;
	}
	if (!request->has_cookie)
		return RELAY_NOTHING;
	if (request->type == MSTURN_ALLOCATE_REQUEST)
		return decide_allocate(relay, call, grant, answer);
	if (request->type == MSTURN_SEND_REQUEST)
		return decide_send(relay, call, grant);
	if (request->type == MSTURN_DESTINATION_REQUEST)
		decide_destination(relay, call, grant, answer);
	return RELAY_NOTHING;
}

/* What comes from peers, and payload for them */

enum relay_route relay_route(const struct relay *relay,
			     const struct relay_grant *grant,
			     const struct msturn_address *peer)
{
	if (has(relay, QUIRK_OUTWARD_ONLY))
		return RELAY_DROPS;
	if (same_place(&grant->active, peer))
		return RELAY_PASSES;
	return is_permitted(grant, peer) ? RELAY_INDICATES : RELAY_DROPS;
}

bool relay_carries(const struct relay *relay, const struct relay_grant *grant)
{
	return grant->active.address.family && !has(relay, QUIRK_INWARD_ONLY);
}

bool relay_is_message(const void *datagram, size_t length)
{
	const uint8_t *octets = datagram;

	return length >= MSTURN_HEADER_BYTES + MSTURN_COOKIE_BYTES &&
	       (octets[0] & 0xc0) == 0 &&
	       memcmp(octets + MSTURN_HEADER_BYTES, msturn_attribute_cookie,
		      MSTURN_COOKIE_BYTES) == 0;
}

void relay_pool_renew(struct relay_pool *pool, int64_t now_us,
		      const uint8_t randomness[16])
{
	if (*pool->nonce && now_us < pool->renew_us)
		return;
	memcpy(pool->previous, pool->nonce, sizeof(pool->previous));
	for (size_t i = 0; i < 16; i++)
		snprintf(pool->nonce + 2 * i, 3, "%02x", randomness[i]);
	pool->renew_us = now_us + RELAY_NONCE_S * CLOCK_SECOND_US;
}
