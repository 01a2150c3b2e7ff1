/*
 * feed.h - any bytes into every decoder: each must refuse them with a reason
 * or read them within their bounds, and what is written is read again.
 */
#ifndef TESTS_COMMON_WIRE_FEED_H
#define TESTS_COMMON_WIRE_FEED_H

#include "common/wire/autodiscover.h"
#include "common/wire/dns.h"
#include "common/wire/mras.h"
#include "common/wire/msturn.h"
#include "common/wire/msturn_channel.h"
#include "common/wire/sip.h"
#include "common/wire/tls.h"
#include "common/wire/tls_hello.h"
#include "common/wire/xmpp.h"

#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static inline void feed_channel(const struct octets *octets)
{
	struct msturn_text data;
	uint8_t room[2048];
	uint16_t channel;
	uint64_t session;
	size_t length;

	msturn_channel_frame(octets->data, octets->length, &length);
	msturn_channel_multiplexed(octets->data, octets->length, &session,
				   &data);
	if (!msturn_channel(octets->data, octets->length, &channel, &data))
		return;
	length = msturn_channel_write(channel, &data, room, sizeof(room));
	assert_true(length == 0 ||
		    msturn_channel(room, length, &channel, &data));
}

static inline void feed_msturn(const struct octets *octets)
{
	struct msturn_message message;
	uint8_t key[16] = {0};
	uint8_t room[2048];
	uint16_t length;
	uint8_t type;
	const char *why = NULL;
	size_t written;

	msturn_frame(octets->data, octets->length, &type, &length);
	if (!msturn_decode(&message, octets->data, octets->length, &why)) {
		assert_non_null(why);
		return;
	}
	msturn_verify(&message, octets->data, key);
	written = msturn_encode(&message, key, room, sizeof(room));
	if (written == 0)
		return;
	assert_true(msturn_decode(&message, room, written, &why));
	assert_true(msturn_verify(&message, room, key));
	assert_int_equal(message.is_fingerprint_right, message.has_fingerprint);
}

static inline void feed_sip(const struct octets *octets)
{
	const char *data = (const char *)octets->data;
	struct arena *arena = arena_new();
	size_t left = octets->length;
	enum sip_progress progress;

	do {
		struct sip_message message;
		size_t used = 0;
		const char *why = NULL;

		progress = sip_decode(arena, &message, data, left, &used, &why);
		assert_true(progress != SIP_BROKEN || why);
		assert_true(used <= left);
		for (size_t i = 0; i < message.header_count; i++) {
			int64_t seconds;

			sip_parameter(message.headers[i].value, "tag");
			sip_token(message.headers[i].value);
			sip_text_copy(arena, message.headers[i].value);
			sip_date(message.headers[i].value, &seconds);
		}
		data += used;
		left -= used;
	} while (progress == SIP_WHOLE && left);
	arena_free(arena);
}

static inline void feed_dns(const struct octets *octets)
{
	struct arena *arena = arena_new();
	struct dns_message message;
	const char *why = NULL;

	if (!dns_decode(arena, &message, octets->data, octets->length, &why))
		assert_non_null(why);
	arena_free(arena);
}

static inline void feed_tls(const struct octets *octets)
{
	enum wire_service service;
	uint8_t level, description;
	struct tls_answer answer;

	tls_answer_read(&answer, octets->data, octets->length);
	tls_alert(octets->data, octets->length, &level, &description);
	pseudo_client_begins(octets->data, octets->length);
	if (pseudo_server_begins(octets->data, octets->length))
		assert_true(octets->length <= PSEUDO_SERVER_BYTES);
	service = wire_recognise(octets->data, octets->length);
	assert_non_null(wire_service_name(service));
	/* only the beginning counts, however much follows */
	if (octets->length > 256)
		assert_int_equal(wire_recognise(octets->data, 256), service);
}

static inline void feed_xmpp(const struct octets *octets)
{
	const char *data = (const char *)octets->data;
	size_t left = octets->length, used;
	struct xmpp_reader reader;
	enum xmpp_event event = XMPP_OTHER;

	xmpp_begin(&reader);
	while (event != XMPP_MORE && event != XMPP_BROKEN) {
		event = xmpp_read(&reader, data, left, &used);
		assert_true(used <= left);
		data += used;
		left -= used;
	}
	assert_true(event != XMPP_BROKEN || reader.why);
}

static inline void feed_autodiscover(const struct octets *octets)
{
	struct arena *arena = arena_new();
	char *text = arena_copy(arena, octets->data, octets->length);
	struct autodiscover_challenge challenge;
	struct autodiscover answer;
	const char *why = NULL;

	if (!autodiscover_decode(arena, &answer, octets->data, octets->length,
				 &why))
		assert_non_null(why);
	assert_true(answer.link_count <= AUTODISCOVER_LINKS_MAX);
	autodiscover_href(&answer, "user");
	autodiscover_challenge(arena, &challenge, text);
	assert_true(challenge.grant_count <= AUTODISCOVER_GRANTS_MAX);
	arena_free(arena);
}

static inline void feed_mras(const struct octets *octets)
{
	struct arena *arena = arena_new();
	struct mras_answer answer;
	struct mras_request request;
	const char *why = NULL;

	if (!mras_decode(arena, &answer, octets->data, octets->length, &why))
		assert_non_null(why);
	assert_true(answer.grant_count <= MRAS_GRANTS_MAX);
	for (size_t i = 0; i < answer.grant_count; i++)
		assert_in_range(answer.grants[i].username_length, 1,
				MRAS_PART_MAX);
	mras_forget(&answer);
	if (mras_read_request(arena, &request, octets->data, octets->length,
			      &why))
		assert_non_null(request.credentials_id);
	arena_free(arena);
}

static inline void feed(const void *data, size_t length)
{
	struct octets octets = octets_copy(data, length);

	feed_msturn(&octets);
	feed_channel(&octets);
	feed_sip(&octets);
	feed_dns(&octets);
	feed_tls(&octets);
	feed_xmpp(&octets);
	feed_autodiscover(&octets);
	feed_mras(&octets);
	free(octets.data);
}

#endif
