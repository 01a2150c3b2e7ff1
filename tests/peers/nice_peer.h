/*
 * nice_peer.h - libnice's codec as a counterpart of ours, for tests: an agent
 * in one of the two dialects, credentials that both know, and how to hand
 * messages over.
 */
#ifndef TESTS_PEERS_NICE_PEER_H
#define TESTS_PEERS_NICE_PEER_H

#include "tests/common/wire/msturn_asserts.h"
#include "tests/common/wire/stun_vectors.h"

#include <stun/stunagent.h>
#include <stun/usages/turn.h>

#include <netinet/in.h>

#define ROOM 1300

/* All that a message of ours may carry below 0x8000, ended by zero. */
static const uint16_t known_attributes[] = {
	0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x000c, 0x000d,
	0x000e, 0x000f, 0x0010, 0x0011, 0x0012, 0x0013, 0x0014,
	0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x0020, 0};

struct peer {
	StunAgent agent;
	StunUsageTurnCompatibility turn;
	bool is_msturn;
	struct octets username, realm, password;
	uint8_t key[16];
	StunDefaultValidaterData credentials[2]; /* the second ends them */
};

static inline struct octets octets_text(const char *text)
{
	return octets_copy(text, strlen(text));
}

static inline struct msturn_text text_of(const struct octets *octets)
{
	return (struct msturn_text){octets->data, octets->length};
}

static inline void peer_finish(struct peer *peer)
{
	struct msturn_text username = text_of(&peer->username);
	struct msturn_text realm = text_of(&peer->realm);
	struct msturn_text password = text_of(&peer->password);

	msturn_key(peer->key, &username, &realm, &password);
	peer->credentials[0] = (StunDefaultValidaterData){
		peer->username.data, peer->username.length, peer->password.data,
		peer->password.length};
	peer->credentials[1] = (StunDefaultValidaterData){0};
}

static inline void peer_msturn(struct peer *peer)
{
	peer->turn = STUN_USAGE_TURN_COMPATIBILITY_OC2007;
	peer->is_msturn = true;
	peer->username = octets_hex(VECTOR_USERNAME);
	peer->realm = octets_text(VECTOR_REALM);
	peer->password = octets_hex(VECTOR_PASSWORD);
	stun_agent_init(&peer->agent, known_attributes,
			STUN_COMPATIBILITY_OC2007,
			STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS |
				STUN_AGENT_USAGE_NO_INDICATION_AUTH |
				STUN_AGENT_USAGE_NO_ALIGNED_ATTRIBUTES);
	peer_finish(peer);
}

static inline void peer_standard(struct peer *peer)
{
	peer->turn = STUN_USAGE_TURN_COMPATIBILITY_RFC5766;
	peer->is_msturn = false;
	peer->username = octets_text(STUN_USERNAME);
	peer->realm = octets_text(STUN_REALM);
	peer->password = octets_text(STUN_PASSWORD);
	stun_agent_init(&peer->agent, known_attributes,
			STUN_COMPATIBILITY_RFC5389,
			STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS |
				STUN_AGENT_USAGE_NO_INDICATION_AUTH |
				STUN_AGENT_USAGE_USE_FINGERPRINT);
	peer_finish(peer);
}

static inline void peer_free(struct peer *peer)
{
	free(peer->username.data);
	free(peer->realm.data);
	free(peer->password.data);
}

/* A message of ours in the peer's dialect, with what both share. */
static inline struct msturn_message message_for(const struct peer *peer,
						uint16_t type,
						const uint8_t transaction[16])
{
	struct msturn_message message = {
		.type = type,
		.has_cookie = peer->is_msturn,
		.is_standard = !peer->is_msturn,
		.has_fingerprint = !peer->is_msturn,
		.has_version = true,
		.version = 1,
	};

	memcpy(message.transaction, transaction, 16);
	return message;
}

static inline struct octets encode(const struct msturn_message *message,
				   const uint8_t *key)
{
	uint8_t room[ROOM];
	size_t length = msturn_encode(message, key, room, sizeof(room));

	assert_true(length > 0);
	return octets_copy(room, length);
}

static inline StunValidationStatus
validate(struct peer *peer, StunMessage *message, const struct octets *octets)
{
	return stun_agent_validate(&peer->agent, message, octets->data,
				   octets->length, stun_agent_default_validater,
				   peer->credentials);
}

static inline void decode(struct msturn_message *message, const void *data,
			  size_t length)
{
	const char *why = "";

	assert_true(length > 0);
	if (!msturn_decode(message, data, length, &why))
		fail_msg("libnice's message: %s", why);
	assert_int_equal(message->first_unknown, 0);
}

static inline void assert_sockaddr(const struct sockaddr_storage *storage,
				   const char *expected)
{
	struct msturn_address address = {0};
	const struct sockaddr_in *in = (const void *)storage;
	const struct sockaddr_in6 *in6 = (const void *)storage;

	address.address.family = storage->ss_family;
	if (storage->ss_family == AF_INET) {
		memcpy(address.address.bytes, &in->sin_addr, 4);
		address.port = ntohs(in->sin_port);
	} else {
		memcpy(address.address.bytes, &in6->sin6_addr, 16);
		address.port = ntohs(in6->sin6_port);
	}
	assert_address(&address, expected);
}

static inline struct msturn_address address_of(const char *text, uint16_t port)
{
	struct msturn_address address = {.port = port};

	assert_true(address_parse(text, &address.address));
	return address;
}

#endif
