#include "probes/serve/relay.h"

#include "probes/serve/faults.h"

#include <stdio.h>
#include <string.h>

/* MS-Version by product: no document tells, but later ones can do more
 * ([MS-TURN] 2.2.2.17: 3 SHA-256, 4 IPv6, 6 multiplexing). */
static const uint32_t versions[PRODUCT_COUNT] = {
	[PRODUCT_LYNC2010] = 3, [PRODUCT_LYNC2013] = 4, [PRODUCT_SFB2015] = 6,
	[PRODUCT_SFB2019] = 6,	[PRODUCT_SFBSE] = 6,
};

struct refusal {
	unsigned code;
	const char *reason;
};

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

/* msturn.md 7: which error a request earns that has no valid credentials. */
static struct refusal refuse(const struct msturn_message *request)
{
	if (request->first_unknown)
		return (struct refusal){420, "Unknown Attribute"};
	if (!request->integrity.data)
		return (struct refusal){401, "Unauthorized"};
	if (!request->username.data)
		return (struct refusal){432, "Missing Username"};
	if (!request->realm.data)
		return (struct refusal){434, "Missing Realm"};
	if (!request->nonce.data)
		return (struct refusal){435, "Missing Nonce"};
	return (struct refusal){436, "Unknown User"};
}

static size_t answer_as_edge(const struct relay *relay,
			     const struct msturn_message *request,
			     const char *nonce, void *buffer, size_t capacity)
{
	static const struct address private_addresses[] = {
		{AF_INET, {10, 45, 16, 30}},
		{AF_INET6, {0xfd, [15] = 0x30}},
	};
	struct refusal refusal = refuse(request);
	uint8_t unknown[2] = {(uint8_t)(request->first_unknown >> 8),
			      (uint8_t)request->first_unknown};
	struct msturn_message answer = {
		.type = MSTURN_ALLOCATE_ERROR,
		.has_cookie = true,
		.error_code = refusal.code,
		.error_reason = text_of(refusal.reason),
		.has_version = true,
		.version = versions[relay->product],
	};

	memcpy(answer.transaction, request->transaction,
	       sizeof(answer.transaction));
	if (refusal.code == 420)
		answer.unknown_attributes = (struct msturn_text){unknown, 2};
	if (refusal.code == 401) {
		answer.nonce = text_of(nonce);
		answer.realm = text_of("rtcmedia");
		answer.alternate = relay->itself;
		if (quirks_have(relay->quirks, QUIRK_PRIVATE_ALTERNATE))
			answer.alternate.address =
				private_addresses[relay->itself.address
							  .family == AF_INET6];
	}
	return msturn_encode(&answer, NULL, buffer, capacity);
}

/* What coturn says to any Allocate: no cookie, realm and nonce as RFC 8489
 * numbers them, and its name (msturn.md 11.2). */
static size_t answer_as_standard(const struct msturn_message *request,
				 const char *nonce, void *buffer,
				 size_t capacity)
{
	struct msturn_message answer = {
		.type = MSTURN_ALLOCATE_ERROR,
		.is_standard = true,
		.error_code = 401,
		.error_reason = text_of("Unauthorized"),
		.nonce = text_of(nonce),
		.realm = text_of("turn.example"),
		.software = text_of("Coturn-4.6.1 'Gorst'"),
	};

	memcpy(answer.transaction, request->transaction,
	       sizeof(answer.transaction));
	return msturn_encode(&answer, NULL, buffer, capacity);
}

size_t relay_answer(const struct relay *relay,
		    const struct msturn_message *request,
		    const char nonce[RELAY_NONCE_BYTES], void *buffer,
		    size_t capacity)
{
	if (request->type != MSTURN_ALLOCATE_REQUEST)
		return 0;
	if (quirks_have(relay->quirks, QUIRK_STANDARD_TURN))
		return answer_as_standard(request, nonce, buffer, capacity);
	if (!request->has_cookie)
		return 0;
	return answer_as_edge(relay, request, nonce, buffer, capacity);
}

void relay_nonce(char nonce[RELAY_NONCE_BYTES], const uint8_t randomness[16])
{
	for (size_t i = 0; i < 16; i++)
		snprintf(nonce + 2 * i, 3, "%02x", randomness[i]);
}
