#include "probes/serve/relay_answer.h"

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/wire/integrity.h"
#include "common/wire/msturn_attribute.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdio.h>
#include <string.h>

#define BANDWIDTH_KBITS	     750
#define VERSION_MULTIPLEXING 6
#define BLOCK_BYTES	     64

/* MS-Version by product: no document tells, but later ones can do more
 * ([MS-TURN] 2.2.2.17: 3 SHA-256, 4 IPv6, 6 multiplexing). */
static const uint32_t versions[PRODUCT_COUNT] = {
	[PRODUCT_LYNC2010] = 3, [PRODUCT_LYNC2013] = 4, [PRODUCT_SFB2015] = 6,
	[PRODUCT_SFB2019] = 6,	[PRODUCT_SFBSE] = 6,
};

static const struct {
	unsigned code;
	const char *reason;
} reasons[] = {
	{300, "Try Alternate"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{420, "Unknown Attribute"},
	{430, "Stale Credentials"},
	{431, "Integrity Check Failure"},
	{432, "Missing Username"},
	{434, "Missing Realm"},
	{435, "Missing Nonce"},
	{436, "Unknown User"},
	{437, "No Binding"},
	{438, "Stale Nonce"},
	{440, "No Destination"},
	{441, "Wrong Username"},
	{486, "Allocation Quota Reached"},
	{500, "Server Error"},
	{600, "Global Failure"},
};

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

static struct msturn_text reason_of(unsigned code)
{
	size_t i = 0;

	while (reasons[i].code != code)
		i++;
	return text_of(reasons[i].reason);
}

static bool has(const struct relay *relay, enum quirk quirk)
{
	return quirks_have(relay->quirks, quirk);
}

/* A private address of the family of another, ending in last. */
static struct address private_like(const struct address *other, uint8_t last)
{
	if (other->family == AF_INET6)
		return (struct address){AF_INET6, {0xfd, [15] = last}};
	return (struct address){AF_INET, {10, 45, 16, last}};
}

static struct address foreign_like(const struct address *other)
{
	if (other->family == AF_INET6)
		return (struct address){
			AF_INET6, {0x20, 0x01, 0x0d, 0xb8, 0, 77, [15] = 77}};
	return (struct address){AF_INET, {203, 0, 113, 77}};
}

/* The public address of the very server that answers, or what it holds for
 * it ([MS-TURN] 2.2.2.7). */
static struct msturn_address alternate_of(const struct relay *relay)
{
	struct msturn_address alternate =
		relay->inside.address.family ? relay->inside : relay->itself;

	if (has(relay, QUIRK_PRIVATE_ALTERNATE))
		alternate.address = private_like(&alternate.address, 0x30);
	if (has(relay, QUIRK_OTHER_ALTERNATE))
		return relay->vip.address.family ? relay->vip : relay->other;
	return alternate;
}

static struct msturn_address reflexive_of(const struct relay *relay,
					  const struct relay_call *call)
{
	struct msturn_address from = call->from;

	if (has(relay, QUIRK_SOURCE_NAT))
		from.address = private_like(&from.address, 1);
	if (has(relay, QUIRK_SOURCE_NAT_EDGE))
		from.address = relay->vip.address.family
				       ? relay->vip.address
				       : relay->itself.address;
	return from;
}

static struct msturn_address relayed_of(const struct relay *relay,
					struct msturn_address relayed)
{
	if (!relayed.address.family)
		return relayed;
	if (has(relay, QUIRK_RELAY_PRIVATE))
		relayed.address = private_like(&relayed.address, 0x30);
	if (has(relay, QUIRK_RELAY_ELSEWHERE))
		relayed.address = foreign_like(&relayed.address);
	return relayed;
}

static void begin(struct relay_answer *answer, const struct relay *relay,
		  const struct relay_call *call, uint16_t type)
{
	*answer = (struct relay_answer){
		.message = {.type = type,
			    .has_cookie = true,
			    .has_version = true,
			    .version = versions[relay->product]},
	};
	memcpy(answer->message.transaction, call->request->transaction,
	       MSTURN_TRANSACTION_BYTES);
}

static void challenge(const struct relay *relay, const struct relay_call *call,
		      struct relay_answer *answer)
{
	const struct relay_pool *pool = relay->pool;

	memcpy(answer->nonce, pool->nonce, sizeof(answer->nonce));
	if (has(relay, QUIRK_STALE_FOR_EVER))
		for (size_t i = 0; i < 16; i++)
			snprintf(answer->nonce + 2 * i, 3, "%02x",
				 call->randomness[i]);
	answer->message.nonce = text_of(answer->nonce);
	answer->message.realm = text_of(RELAY_REALM);
}

static uint16_t error_type(const struct msturn_message *request)
{
	return request->type == MSTURN_DESTINATION_REQUEST
		       ? MSTURN_DESTINATION_ERROR
		       : MSTURN_ALLOCATE_ERROR;
}

void relay_answer_error(const struct relay *relay,
			const struct relay_call *call, unsigned code,
			struct relay_answer *answer)
{
	const struct msturn_message *request = call->request;
	struct msturn_message *message = &answer->message;

	begin(answer, relay, call, error_type(request));
	message->error_code = code;
	message->error_reason = reason_of(code);
	if (code == 420) {
		answer->unknown[0] = (uint8_t)(request->first_unknown >> 8);
		answer->unknown[1] = (uint8_t)request->first_unknown;
		message->unknown_attributes =
			(struct msturn_text){answer->unknown, 2};
	}
	if (code == 401 || code == 438)
		challenge(relay, call, answer);
	if (code == 401)
		message->alternate = alternate_of(relay);
	if (code == 300)
		message->alternate = relay->other;
	/* as recorded of a relay that can multiplex (msturn.md 11.1) */
	if (code == 401 && request->has_version &&
	    request->version >= VERSION_MULTIPLEXING &&
	    message->version >= VERSION_MULTIPLEXING)
		message->xor_mapped = reflexive_of(relay, call);
}

/* [MS-TURN] 3.1.11; the request's own number stands for it in answers. */
static void set_sequence(struct relay_answer *answer, const struct relay *relay,
			 const struct relay_call *call,
			 const struct relay_grant *grant)
{
	struct msturn_message *message = &answer->message;

	message->has_sequence = !has(relay, QUIRK_NO_SEQUENCE);
	memcpy(message->connection_id, grant->connection_id,
	       sizeof(message->connection_id));
	if (call->request->has_sequence)
		message->sequence = call->request->sequence;
}

static void seal(struct relay_answer *answer, const struct relay_grant *grant)
{
	memcpy(answer->key, grant->key, sizeof(answer->key));
	answer->is_keyed = true;
}

void relay_answer_allocate(const struct relay *relay,
			   const struct relay_call *call,
			   const struct relay_grant *grant, uint32_t lifetime_s,
			   struct relay_answer *answer)
{
	const struct msturn_address ipv4 =
		relayed_of(relay, grant->relayed[RELAY_IPV4]);
	const struct msturn_address ipv6 =
		relayed_of(relay, grant->relayed[RELAY_IPV6]);
	struct msturn_message *message = &answer->message;

	begin(answer, relay, call, MSTURN_ALLOCATE_RESPONSE);
	message->has_lifetime = true;
	message->lifetime_s = lifetime_s;
	set_sequence(answer, relay, call, grant);
	seal(answer, grant);
	if (!lifetime_s)
		return;
	message->mapped = ipv4.address.family ? ipv4 : ipv6;
	if (ipv4.address.family) /* [MS-TURN] 2.2.2.23 */
		message->alternate_mapped = ipv6;
	message->xor_mapped = reflexive_of(relay, call);
	message->has_bandwidth = true;
	message->bandwidth = BANDWIDTH_KBITS;
}

void relay_answer_destination(const struct relay *relay,
			      const struct relay_call *call,
			      const struct relay_grant *grant,
			      struct relay_answer *answer)
{
	begin(answer, relay, call, MSTURN_DESTINATION_RESPONSE);
	set_sequence(answer, relay, call, grant);
	seal(answer, grant);
}

/* What coturn says to any Allocate: no cookie, realm and nonce as RFC 8489
 * numbers them, and its name (msturn.md 11.2). */
void relay_answer_standard(const struct relay_call *call,
			   struct relay_answer *answer)
{
	*answer = (struct relay_answer){
		.message = {.type = MSTURN_ALLOCATE_ERROR,
			    .is_standard = true,
			    .error_code = 401,
			    .error_reason = text_of("Unauthorized"),
			    .realm = text_of("turn.example"),
			    .software = text_of("Coturn-4.6.1 'Gorst'")},
	};
	for (size_t i = 0; i < 8; i++)
		snprintf(answer->nonce + 2 * i, 3, "%02x", call->randomness[i]);
	answer->message.nonce = text_of(answer->nonce);
	memcpy(answer->message.transaction, call->request->transaction,
	       MSTURN_TRANSACTION_BYTES);
}

/* Bytes */

static void hash_long(uint8_t value[INTEGRITY_SHA256_BYTES],
		      const uint8_t key[16], const uint8_t *text, size_t length)
{
	uint8_t padded[2048] = {0};
	size_t rest = length % BLOCK_BYTES;
	unsigned written;

	memcpy(padded, text, length);
	if (!HMAC(EVP_sha256(), key, 16, padded,
		  length + (rest ? BLOCK_BYTES - rest : 0), value, &written))
		die("OpenSSL offers no HMAC-SHA256");
}

/* Message Integrity as from MS-Version 3 on, as far as anybody has said how
 * (msturn.md 6.3): the length is certain, the rest is a guess. */
static size_t encode_long(const struct relay_answer *answer, void *buffer,
			  size_t capacity)
{
	uint8_t value[INTEGRITY_SHA256_BYTES];
	struct writer writer = writer_of(buffer, capacity);

	writer.length = msturn_encode(&answer->message, NULL, buffer,
				      capacity < 1500 ? capacity : 1500);
	if (!writer.length)
		return 0;
	writer_set_u16(&writer, 2,
		       (uint16_t)(writer.length - MSTURN_HEADER_BYTES +
				  MSTURN_ATTRIBUTE_BYTES + sizeof(value)));
	hash_long(value, answer->key, buffer, writer.length);
	writer_u16(&writer, MSTURN_INTEGRITY);
	writer_u16(&writer, sizeof(value));
	writer_put(&writer, value, sizeof(value));
	return writer.failed ? 0 : writer.length;
}

size_t relay_encode(const struct relay *relay,
		    const struct relay_answer *answer, void *buffer,
		    size_t capacity)
{
	if (!answer->message.type)
		return 0;
	if (answer->is_keyed && has(relay, QUIRK_LONG_INTEGRITY))
		return encode_long(answer, buffer, capacity);
	return msturn_encode(&answer->message,
			     answer->is_keyed ? answer->key : NULL, buffer,
			     capacity);
}

size_t relay_indication(const struct msturn_address *peer, const void *data,
			size_t length, const uint8_t transaction[16],
			void *buffer, size_t capacity)
{
	struct msturn_message message = {
		.type = MSTURN_DATA_INDICATION,
		.has_cookie = true,
		.remote = *peer,
		.data = {data, length},
	};

	memcpy(message.transaction, transaction, MSTURN_TRANSACTION_BYTES);
	return msturn_encode(&message, NULL, buffer, capacity);
}
