/*
 * relay_fuzz.c - any message to a relay, as it came and as somebody with
 * credentials would have sent it, with an allocation and without.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/serve/relay.h"
#include "tests/common/wire/msturn_vectors.h"

#include <stdlib.h>
#include <string.h>

static const struct fuzz_sample samples[] = {
	{V1, true}, {V3, true}, {V5, true},  {V7, true},
	{V9, true}, {V6, true}, {V16, true}, {NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 4000,
	.cut_bytes_max = 512,
};

static const struct relay_pool pool = {
	.keys = {.username = "edgeprobe-fuzz-key-1",
		 .password = "edgeprobe-fuzz-key-2"},
	.nonce = VECTOR_NONCE,
};

static const struct relay relay = {
	.product = PRODUCT_SFB2015,
	.itself = {{AF_INET, {192, 0, 2, 20}}, 3478},
	.lifetime_max_s = 600,
	.pool = &pool,
};

static const uint8_t client[TOKEN_CLIENT_BYTES] = "edgeprobe fuzz test";

static struct token token_of_ours(uint8_t key[16])
{
	static const uint8_t realm[] = VECTOR_REALM;
	struct token token;

	token_issue(&pool.keys, 1, client, 0, &token);
	msturn_key(
		key,
		&(struct msturn_text){token.username, token.username_length},
		&(struct msturn_text){realm, sizeof(realm) - 1},
		&(struct msturn_text){token.password, sizeof(token.password)});
	return token;
}

/* What holds of every decision. */
static void decide(struct relay_grant *grant, const uint8_t *data,
		   size_t length)
{
	struct msturn_message request, said;
	struct relay_call call = {.request = &request,
				  .datagram = data,
				  .from = {{AF_INET, {192, 0, 2, 10}}, 1}};
	uint8_t buffer[MSTURN_MESSAGE_MAX];
	struct relay_answer answer;
	enum relay_deed deed;
	const char *why;
	size_t size;

	if (!msturn_decode(&request, data, length, &why))
		return;
	deed = relay_decide(&relay, &call, grant, &answer);
	if (deed == RELAY_OPENS) {
		grant->relayed[RELAY_IPV4] = relay.itself;
		relay_opened(&relay, &call, grant, &answer);
	}
	size = relay_encode(&relay, &answer, buffer, sizeof(buffer));
	if (size &&
	    (request.type == MSTURN_SEND_REQUEST ||
	     !msturn_decode(&said, buffer, size, &why) || !said.has_cookie))
		abort();
	if (deed == RELAY_SENDS &&
	    (!grant->is_open || !request.destination.address.family ||
	     relay_route(&relay, grant, &request.destination) == RELAY_DROPS))
		abort();
	if (grant->peer_count > RELAY_PEERS_MAX)
		abort();
}

/* The same message, with a name, a challenge and an integrity that fit. */
static size_t prove(const uint8_t *data, size_t length, uint8_t *buffer,
		    size_t capacity)
{
	static const uint8_t nonce[] = VECTOR_NONCE, realm[] = VECTOR_REALM;
	struct msturn_message message;
	struct token token;
	uint8_t key[16];
	const char *why;

	if (!msturn_decode(&message, data, length, &why) || !message.has_cookie)
		return 0;
	token = token_of_ours(key);
	message.username =
		(struct msturn_text){token.username, token.username_length};
	message.nonce = (struct msturn_text){nonce, sizeof(nonce) - 1};
	message.realm = (struct msturn_text){realm, sizeof(realm) - 1};
	memset(message.connection_id, 0, sizeof(message.connection_id));
	return msturn_encode(&message, key, buffer, capacity);
}

static void open_grant(struct relay_grant *grant)
{
	const struct msturn_message request = {.type = MSTURN_ALLOCATE_REQUEST,
					       .has_cookie = true};
	uint8_t bare[64], proven[256];
	size_t size = msturn_encode(&request, NULL, bare, sizeof(bare));

	size = prove(bare, size, proven, sizeof(proven));
	decide(grant, proven, size);
	if (!grant->is_open)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static uint8_t proven[RELAY_MESSAGE_MAX];
	size_t size = prove(data, length, proven, sizeof(proven));
	struct relay_grant none = {0}, open = {0};

	relay_is_message(data, length);
	decide(&none, data, length);
	if (none.is_open)
		abort(); /* nobody knows our keys */
	open_grant(&open);
	decide(&open, data, length);
	if (size) {
		decide(&none, proven, size);
		decide(&open, proven, size);
		decide(&open, proven, size);
	}
	return 0;
}
