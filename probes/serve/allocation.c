#include "probes/serve/allocation.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/serve/outlet.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORTS	   65536
#define FIRST_FREE 1024 /* not for those without rights */

struct allocation {
	struct allocation *next; /* in the bucket */
	struct allocation_site *site;
	const struct relay *relay;
	struct allocation_client client;
	struct relay_grant grant;
	struct outlet *outlets[RELAY_FAMILIES];
	struct event *expiry;
	uint8_t transaction[MSTURN_TRANSACTION_BYTES]; /* next indication's */
};

static const int families[RELAY_FAMILIES] = {
	[RELAY_IPV4] = AF_INET,
	[RELAY_IPV6] = AF_INET6,
};

/* Finding */

static struct allocation **bucket_of(struct allocation_site *site,
				     const struct allocation_client *client)
{
	unsigned hash = client->from.port;

	for (size_t i = 0; i < sizeof(client->from.address.bytes); i++)
		hash = hash * 31 + client->from.address.bytes[i];
	return &site->buckets[hash % ALLOCATION_BUCKETS];
}

static bool is_same(const struct allocation_client *one,
		    const struct allocation_client *other)
{
	return one->line == other->line && one->from.port == other->from.port &&
	       address_equal(&one->from.address, &other->from.address);
}

static struct allocation *find(struct allocation_site *site,
			       const struct allocation_client *client)
{
	struct allocation *allocation = *bucket_of(site, client);

	while (allocation && !is_same(&allocation->client, client))
		allocation = allocation->next;
	return allocation;
}

/* End */

static void allocation_free(struct allocation *allocation)
{
	struct allocation_site *site = allocation->site;
	struct allocation **link = bucket_of(site, &allocation->client);

	while (*link && *link != allocation)
		link = &(*link)->next;
	if (*link) {
		*link = allocation->next;
		site->open--;
	}
	for (size_t i = 0; i < RELAY_FAMILIES; i++)
		outlet_free(allocation->outlets[i]);
	if (allocation->expiry)
		event_free(allocation->expiry);
	OPENSSL_cleanse(&allocation->grant, sizeof(allocation->grant));
	free(allocation);
}

static void wait_for_end(struct allocation *allocation)
{
	int64_t left_us = allocation->grant.expires_us - clock_now_us();
	struct timeval wait = {.tv_sec = left_us / CLOCK_SECOND_US,
			       .tv_usec = left_us % CLOCK_SECOND_US};

	if (left_us < 0)
		wait = (struct timeval){0};
	if (event_add(allocation->expiry, &wait) < 0)
		die("out of memory");
}

static void on_expiry(evutil_socket_t descriptor, short what, void *context)
{
	struct allocation *allocation = context;

	(void)descriptor;
	(void)what;
	if (relay_is_over(&allocation->grant, clock_now_us()))
		allocation_free(allocation);
	else
		wait_for_end(allocation);
}

/* What peers send */

/* As later clients begin theirs, msturn.md 3.1. */
static void choose_transaction(struct allocation *allocation)
{
	uint8_t *transaction = allocation->transaction;

	memcpy(transaction, (const uint8_t[]){0x21, 0x12, 0xa4, 0x42}, 4);
	RAND_bytes(transaction + 4, MSTURN_TRANSACTION_BYTES - 4);
}

/* Nobody answers an indication: that each has another is enough. */
static void step_transaction(struct allocation *allocation)
{
	size_t i = MSTURN_TRANSACTION_BYTES - 1;

	while (++allocation->transaction[i] == 0 && i > 4)
		i--;
}

static bool hear_peer(void *context, const struct msturn_address *peer,
		      const void *data, size_t length)
{
	struct allocation *allocation = context;
	const struct allocation_client *client = &allocation->client;
	uint8_t message[RELAY_MESSAGE_MAX];
	size_t size;

	switch (relay_route(allocation->relay, &allocation->grant, peer)) {
	case RELAY_PASSES:
		return client->say(client, false, data, length);
	case RELAY_INDICATES:
		step_transaction(allocation);
		size = relay_indication(peer, data, length,
					allocation->transaction, message,
					sizeof(message));
		return !size || client->say(client, true, message, size);
	default:
		return true;
	}
}

static bool admits_peer(void *context, const struct msturn_address *peer)
{
	const struct allocation *allocation = context;

	return relay_route(allocation->relay, &allocation->grant, peer) !=
	       RELAY_DROPS;
}

/* Beginning */

/* The range, or all above FIRST_FREE that lies outside of it. */
static unsigned count_ports(const struct allocation *allocation)
{
	const struct topology *topology = allocation->site->topology;
	unsigned count = topology->relay_count;

	if (!quirks_have(allocation->relay->quirks, QUIRK_RELAY_OUTSIDE_RANGE))
		return count;
	return topology->relay_first < FIRST_FREE ? 0
						  : PORTS - FIRST_FREE - count;
}

static uint16_t port_at(const struct allocation *allocation, unsigned index)
{
	const struct topology *topology = allocation->site->topology;

	if (!quirks_have(allocation->relay->quirks, QUIRK_RELAY_OUTSIDE_RANGE))
		return (uint16_t)(topology->relay_first + index);
	index += FIRST_FREE;
	return (uint16_t)(index < topology->relay_first
				  ? index
				  : index + topology->relay_count);
}

/* Any free port: from where chance says, the next that is. */
static struct outlet *open_outlet(struct allocation *allocation,
				  struct endpoint *local)
{
	const struct outlet_owner owner = {
		.hear = hear_peer,
		.admits = admits_peer,
		.context = allocation,
	};
	const struct allocation_site *site = allocation->site;
	unsigned count = count_ports(allocation);
	uint32_t chance;
	int error = EADDRINUSE;

	RAND_bytes((uint8_t *)&chance, sizeof(chance));
	for (unsigned i = 0; i < count && error == EADDRINUSE; i++) {
		struct outlet *outlet;

		local->port = port_at(allocation, (chance % count + i) % count);
		outlet = outlet_open(site->base, local, site->netns, &owner,
				     &error);
		if (outlet)
			return outlet;
	}
	return NULL;
}

static void open_family(struct allocation *allocation, enum relay_family family)
{
	const struct node *node = allocation->site->node;
	struct endpoint local = {.transport =
					 allocation->client.from.transport};
	size_t i = 0;

	while (i < node->address_count[SERVICE_AV] &&
	       node->addresses[SERVICE_AV][i].local.family != families[family])
		i++;
	if (i == node->address_count[SERVICE_AV])
		return;
	local.address = node->addresses[SERVICE_AV][i].local;
	allocation->outlets[family] = open_outlet(allocation, &local);
	if (allocation->outlets[family])
		allocation->grant.relayed[family] = (struct msturn_address){
			node->addresses[SERVICE_AV][i].public, local.port};
}

static bool open_outlets(struct allocation *allocation)
{
	bool is_open = false;

	for (size_t i = 0; i < RELAY_FAMILIES; i++) {
		if (allocation->grant.wants[i])
			open_family(allocation, (enum relay_family)i);
		is_open |= allocation->outlets[i] != NULL;
	}
	return is_open;
}

/* NULL when there is no room. */
static struct allocation *allocation_new(struct allocation_site *site,
					 const struct relay *relay,
					 const struct allocation_client *client,
					 const struct relay_grant *grant)
{
	struct allocation **bucket = bucket_of(site, client);
	struct allocation *allocation;

	if (site->open >= site->most)
		return NULL;
	allocation = calloc(1, sizeof(*allocation));
	if (!allocation)
		return NULL;
	allocation->site = site;
	allocation->relay = relay;
	allocation->client = *client;
	allocation->grant = *grant;
	choose_transaction(allocation);
	if (!open_outlets(allocation)) {
		allocation_free(allocation);
		return NULL;
	}
	allocation->expiry = evtimer_new(site->base, on_expiry, allocation);
	if (!allocation->expiry ||
	    event_priority_set(allocation->expiry, 0) < 0)
		die("out of memory");
	allocation->next = *bucket;
	*bucket = allocation;
	site->open++;
	return allocation;
}

/* What clients say */

static void say_answer(const struct relay *relay,
		       const struct allocation_client *client,
		       const struct relay_answer *answer)
{
	uint8_t buffer[MSTURN_MESSAGE_MAX];
	size_t size = relay_encode(relay, answer, buffer, sizeof(buffer));

	if (size)
		client->say(client, true, buffer, size);
}

static struct allocation *find_living(struct allocation_site *site,
				      const struct allocation_client *client,
				      int64_t now_us)
{
	struct allocation *allocation = find(site, client);

	if (!allocation || !relay_is_over(&allocation->grant, now_us))
		return allocation;
	allocation_free(allocation); /* its timer is late */
	return NULL;
}

static void open_allocation(struct allocation_site *site,
			    const struct relay *relay,
			    const struct allocation_client *client,
			    const struct relay_call *call,
			    const struct relay_grant *fresh,
			    struct relay_answer *answer)
{
	struct allocation *allocation =
		allocation_new(site, relay, client, fresh);

	if (!allocation) {
		relay_full(relay, call, answer);
		return;
	}
	relay_opened(relay, call, &allocation->grant, answer);
	wait_for_end(allocation);
}

static void send_on(struct allocation *allocation,
		    const struct msturn_address *peer, const void *data,
		    size_t length)
{
	bool is_ipv6 = peer->address.family == AF_INET6;
	struct outlet *outlet =
		allocation->outlets[is_ipv6 ? RELAY_IPV6 : RELAY_IPV4];

	if (outlet)
		outlet_send(outlet, peer, data, length);
}

/* A request may have made strangers known, before or with what it sends. */
static void admit_peers(struct allocation *allocation)
{
	for (size_t i = 0; i < RELAY_FAMILIES; i++)
		if (allocation->outlets[i])
			outlet_admit(allocation->outlets[i]);
}

void allocation_hear(struct allocation_site *site, const struct relay *relay,
		     const struct allocation_client *client,
		     const struct msturn_message *request, const void *datagram)
{
	struct relay_grant fresh = {0};
	struct relay_answer answer;
	struct relay_call call = {
		.request = request,
		.datagram = datagram,
		.from = {client->from.address, client->from.port},
		.now_us = clock_now_us(),
		.wall_s = clock_wall_us() / CLOCK_SECOND_US,
	};
	struct allocation *allocation = find_living(site, client, call.now_us);

	if (request->type != MSTURN_SEND_REQUEST) { /* never answered */
		RAND_bytes(call.randomness, sizeof(call.randomness));
		relay_pool_renew(site->pool, call.now_us, call.randomness);
	}
	switch (relay_decide(relay, &call,
			     allocation ? &allocation->grant : &fresh,
			     &answer)) {
	case RELAY_OPENS:
		open_allocation(site, relay, client, &call, &fresh, &answer);
		OPENSSL_cleanse(&fresh, sizeof(fresh));
		break;
	case RELAY_RELEASES:
		allocation_free(allocation); /* before it is said to be */
		break;
	case RELAY_SENDS:
		admit_peers(allocation);
		send_on(allocation, &request->destination, request->data.data,
			request->data.length);
		break;
	default:
		if (allocation) { /* perhaps refreshed */
			admit_peers(allocation);
			wait_for_end(allocation);
		}
		break;
	}
	say_answer(relay, client, &answer);
}

void allocation_carry(struct allocation_site *site,
		      const struct allocation_client *client, const void *data,
		      size_t length)
{
	struct allocation *allocation =
		find_living(site, client, clock_now_us());

	if (allocation && relay_carries(allocation->relay, &allocation->grant))
		send_on(allocation, &allocation->grant.active, data, length);
}

bool allocation_is_held(struct allocation_site *site,
			const struct allocation_client *client)
{
	return find(site, client) != NULL;
}

void allocation_resume(struct allocation_site *site,
		       const struct allocation_client *client)
{
	struct allocation *allocation = find(site, client);

	for (size_t i = 0; allocation && i < RELAY_FAMILIES; i++)
		if (allocation->outlets[i])
			outlet_resume(allocation->outlets[i]);
}

void allocation_hang_up(struct allocation_site *site,
			const struct allocation_client *client)
{
	struct allocation *allocation = find(site, client);

	if (allocation)
		allocation_free(allocation);
}

void allocation_empty(struct allocation_site *site)
{
	for (size_t i = 0; i < ALLOCATION_BUCKETS; i++)
		while (site->buckets[i])
			allocation_free(site->buckets[i]);
}
