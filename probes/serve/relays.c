#include "probes/serve/relays.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/serve/relay_node.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

#define CLIENT_BYTES 320 /* a SIP URI: more than a domain can have */

void relays_open(struct relays *relays, struct event_base *base,
		 const struct topology *topology, uint32_t lifetime_max_s,
		 size_t most)
{
	relays->topology = topology;
	relays->lifetime_max_s =
		lifetime_max_s ? lifetime_max_s : RELAY_LIFETIME_S;
	RAND_bytes((uint8_t *)&relays->pool.keys, sizeof(relays->pool.keys));
	for (size_t i = 0; i < topology->node_count; i++)
		relays->sites[i] = (struct allocation_site){
			.base = base,
			.topology = topology,
			.node = &topology->nodes[i],
			.netns = -1,
			.pool = &relays->pool,
			.most = most ? most : ALLOCATIONS_MAX,
		};
}

void relays_close(struct relays *relays)
{
	for (size_t i = 0; i <= TOPOLOGY_NODES_MAX; i++)
		allocation_empty(&relays->sites[i]);
}

struct allocation_site *relays_site(struct relays *relays,
				    const struct node *node)
{
	const struct topology *topology = relays->topology;

	return &relays->sites[relay_node_behind(topology, node) -
			      topology->nodes];
}

struct relay relays_relay(const struct relays *relays, const struct node *node,
			  const struct endpoint *local, struct quirks quirks)
{
	const struct topology *topology = relays->topology;
	const struct node *itself = relay_node_behind(topology, node);
	int family = local->address.family;
	uint16_t port = local->port;

	return (struct relay){
		.product = topology->product,
		.itself = relay_node_address(itself, family, port),
		.other = relay_node_beside(topology, itself, false, family,
					   port),
		.vip = relay_node_beside(topology, itself, true, family, port),
		.lifetime_max_s = relays->lifetime_max_s,
		.quirks = quirks,
		.pool = &relays->pool,
	};
}

/* As a client of the first SIP domain is given them (msturn.md 10.2). */
static void issue(const struct relays *relays, int64_t expires_s,
		  struct token *token)
{
	char client[CLIENT_BYTES];
	uint8_t id[TOKEN_CLIENT_BYTES];
	int length = snprintf(client, sizeof(client), "sip:edgesim@%s",
			      relays->topology->domains[0]);

	if (length < 0 || length >= CLIENT_BYTES ||
	    !EVP_Digest(client, (size_t)length, id, NULL, EVP_sha1(), NULL))
		die("OpenSSL offers no SHA-1");
	token_issue(&relays->pool.keys, 1, id, expires_s, token);
}

bool relays_issue(const struct relays *relays, struct credentials *credentials,
		  unsigned minutes)
{
	struct token token;

	credentials->expires_s =
		clock_wall_us() / CLOCK_SECOND_US + 60 * (int64_t)minutes;
	issue(relays, credentials->expires_s, &token);
	memcpy(credentials->username, token.username, token.username_length);
	credentials->username_length = token.username_length;
	memcpy(credentials->password, token.password, sizeof(token.password));
	credentials->password_length = sizeof(token.password);
	OPENSSL_cleanse(&token, sizeof(token));
	return true;
}

bool relays_write_credentials(const struct relays *relays, int64_t lifetime_s,
			      struct arena *arena, const char *path,
			      const char **why)
{
	int64_t expires_s = clock_wall_us() / CLOCK_SECOND_US + lifetime_s;
	struct token token;
	bool written;

	issue(relays, expires_s, &token);
	written = token_write(&token, expires_s, arena, path, why);
	OPENSSL_cleanse(&token, sizeof(token));
	return written;
}
