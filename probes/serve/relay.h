/*
 * relay.h - who may have what of an A/V Edge's relay, and what is said to
 * whom. Decides alone; allocation.h has the sockets. No I/O.
 *
 * Specification: [MS-TURN] 3.2.5, 3.3.5; msturn.md 6 to 8. What is not MSTURN
 * gets no answer ([MS-TURN] 3.1.10), and neither does any Send request.
 * Bounds: RELAY_PEERS_MAX peers an allocation.
 */
#ifndef PROBES_SERVE_RELAY_H
#define PROBES_SERVE_RELAY_H

#include "common/model/topology.h"
#include "common/wire/msturn.h"
#include "probes/serve/quirks.h"
#include "probes/serve/token.h"

#include <stddef.h>
#include <stdint.h>

#define RELAY_REALM	   "rtcmedia"
#define RELAY_NONCE_BYTES  48 /* with the NUL */
#define RELAY_NONCE_S	   600
#define RELAY_PEERS_MAX	   64
#define RELAY_LIFETIME_S   600 /* where nothing else is said */
#define RELAY_RANDOM_BYTES 36  /* a nonce and a connection id */
#define RELAY_MESSAGE_MAX  65535

/* What the nodes of a pool share. */
struct relay_pool {
	struct token_keys keys;
	char nonce[RELAY_NONCE_BYTES], previous[RELAY_NONCE_BYTES];
	int64_t renew_us; /* when the nonce is to be renewed */
};

/* One listener of a relay. */
struct relay {
	enum product product;
	struct msturn_address itself; /* public, for Alternate Server */
	struct msturn_address inside; /* named instead; family 0: outside */
	struct msturn_address other;  /* of another node; family 0: none */
	struct msturn_address vip;    /* of the load balancer; likewise */
	uint32_t lifetime_max_s;
	struct quirks quirks;
	const struct relay_pool *pool;
};

/* IPv4 and IPv6: an allocation may have an address of each. */
enum relay_family { RELAY_IPV4, RELAY_IPV6, RELAY_FAMILIES };

/* What one client has, once is_open. */
struct relay_grant {
	bool is_open;
	uint8_t username[TOKEN_USERNAME_MAX];
	size_t username_length;
	uint8_t key[16];
	uint8_t connection_id[20];
	bool wants[RELAY_FAMILIES];
	struct msturn_address relayed[RELAY_FAMILIES]; /* public */
	int64_t expires_us;
	struct msturn_address peers[RELAY_PEERS_MAX]; /* sent to before */
	size_t peer_count;
	struct msturn_address active; /* destination; family 0: none */
};

/* A message, and when and from whom it came. */
struct relay_call {
	const struct msturn_message *request;
	const void *datagram;	    /* the integrity is over it */
	struct msturn_address from; /* as the relay sees it */
	int64_t now_us, wall_s;
	uint8_t randomness[RELAY_RANDOM_BYTES];
};

/* What is to be said; points into itself and into the call. */
struct relay_answer {
	struct msturn_message message; /* type 0: nothing */
	uint8_t unknown[2];
	char nonce[RELAY_NONCE_BYTES];
	uint8_t key[16];
	bool is_keyed;
};

/* What is to be done before the answer is said. */
enum relay_deed {
	RELAY_NOTHING,
	RELAY_OPENS, /* then relay_opened() or relay_full() */
	RELAY_RELEASES,
	RELAY_SENDS, /* the request's data to its destination */
};

/*
 * Decides what becomes of a message. grant is the client's, or an empty one:
 * with RELAY_OPENS it says what is to be opened. What a request changes of an
 * open one is changed here.
 */
enum relay_deed relay_decide(const struct relay *relay,
			     const struct relay_call *call,
			     struct relay_grant *grant,
			     struct relay_answer *answer);

/* grant->relayed is what was opened: the grant begins, and is answered. */
void relay_opened(const struct relay *relay, const struct relay_call *call,
		  struct relay_grant *grant, struct relay_answer *answer);

/* Nothing could be opened. */
void relay_full(const struct relay *relay, const struct relay_call *call,
		struct relay_answer *answer);

bool relay_is_over(const struct relay_grant *grant, int64_t now_us);

/* What becomes of what a peer sends to the relayed address. */
enum relay_route {
	RELAY_DROPS,
	RELAY_INDICATES, /* Data Indication */
	RELAY_PASSES,	 /* as it is: from the active destination */
};

enum relay_route relay_route(const struct relay *relay,
			     const struct relay_grant *grant,
			     const struct msturn_address *peer);

/* Whether payload without a message around it goes to the active one. */
bool relay_carries(const struct relay *relay, const struct relay_grant *grant);

/* Encodes an answer (no frame around it); the length, 0 for nothing. */
size_t relay_encode(const struct relay *relay,
		    const struct relay_answer *answer, void *buffer,
		    size_t capacity);

/* Encodes a Data Indication; the length, 0 where it does not fit. */
size_t relay_indication(const struct msturn_address *peer, const void *data,
			size_t length, const uint8_t transaction[16],
			void *buffer, size_t capacity);

/* Whether a datagram is a message and not payload (msturn.md 3.2). */
bool relay_is_message(const void *datagram, size_t length);

/* Gives the pool a new nonce when it is time; the one before still goes. */
void relay_pool_renew(struct relay_pool *pool, int64_t now_us,
		      const uint8_t randomness[16]);

#endif
