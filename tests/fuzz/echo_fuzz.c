/*
 * echo_fuzz.c - any bytes to the far side of a relayed conversation: as a
 * packet of somebody without the key, as one made with it, and as a stream.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/bytes.h"
#include "probes/relay_path.h"
#include "probes/relay_peer.h"
#include "probes/serve/echo_service.h"

#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX 16

/* A packet without its hash: magic, kind, number, session, time, seen. */
#define PACKET                                                                 \
	"ff65646765707201 01000000 00000005 1122334455667788"                  \
	"0000000000000001 00000002 00040035 c0000214 00000000 "                \
	"0000000000000000"

static const struct fuzz_sample samples[] = {
	{PACKET "00000000000000000000000000000000", true},
	{"0048" PACKET "00000000000000000000000000000000 0048 ff65", true},
	{"05c0 ffff 0000 0048", true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 5000,
	.cut_bytes_max = 32,
};

static const uint8_t key[ECHO_KEY_BYTES] = "the key that both sides have: 1";
static const struct endpoint from = {
	.address = {AF_INET, {192, 0, 2, 20}},
	.port = 50123,
};

/* Nobody knows the key: whatever it is, nothing is made of it. */
static void as_a_stranger(const uint8_t *data, size_t length)
{
	static struct echo_memory memory;
	struct echo_packet packet;
	uint8_t copy[ECHO_BYTES_MAX];

	if (echo_decode(&packet, key, data, length))
		abort();
	if (length > sizeof(copy))
		return;
	memcpy(copy, data, length);
	if (echo_answer(&memory, key, copy, length, &from) ||
	    memcmp(copy, data, length) != 0 || memory.turns)
		abort();
}

static struct echo_packet packet_of(struct bytes *bytes)
{
	struct echo_packet packet = {
		.kind = (enum echo_kind)bytes_u8(bytes),
		.sequence = bytes_u32(bytes),
		.sent_us = (int64_t)bytes_u32(bytes) << 20,
		.seen = bytes_u32(bytes),
		.seen_port = bytes_u16(bytes),
	};
	const uint8_t *session = bytes_take(bytes, ECHO_SESSION_BYTES);

	if (session)
		memcpy(packet.session, session, ECHO_SESSION_BYTES);
	return packet;
}

/* With the key: each is answered once, and no answer is. */
static void as_one_with_the_key(struct bytes *bytes)
{
	struct echo_memory memory = {0};
	struct relay_path path = {.sent = 8};

	memcpy(path.key, key, sizeof(key));
	for (unsigned i = 0; i < PACKETS_MAX && bytes_left(bytes); i++) {
		struct echo_packet packet = packet_of(bytes);
		size_t length = ECHO_BYTES + bytes_u8(bytes);
		uint8_t buffer[ECHO_BYTES + UINT8_MAX], again[sizeof(buffer)];

		memcpy(path.session, packet.session, sizeof(path.session));
		echo_encode(&packet, key, buffer, length);
		memcpy(again, buffer, length);
		relay_path_hear(&path, buffer, length, 1);
		relay_path_status(&path, buffer, length);
		relay_path_answer(&path, again, length, &from);
		if (echo_answer(&memory, key, buffer, length, &from) &&
		    echo_answer(&memory, key, buffer, length, &from))
			abort();
	}
	if (path.back > path.sent)
		abort();
}

static void as_a_stream(const uint8_t *data, size_t length)
{
	static struct echo_stream stream;
	uint8_t packet[ECHO_BYTES_MAX];
	size_t step = length ? 1 + data[0] * 8u : 1;

	stream.length = 0;
	for (size_t at = 0; at < length; at += step) {
		size_t size = length - at < step ? length - at : step;

		echo_stream_put(&stream, data + at, size);
		while ((size = echo_stream_take(&stream, packet)))
			if (size < ECHO_BYTES || size > ECHO_BYTES_MAX)
				abort();
		if (stream.length > sizeof(stream.data))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);

	as_a_stranger(data, length);
	as_one_with_the_key(&bytes);
	as_a_stream(data, length);
	return 0;
}
