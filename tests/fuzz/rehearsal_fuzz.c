/*
 * rehearsal_fuzz.c - any bytes to both ends of a rehearsal: as a packet of
 * somebody without the key, as one made with it, and as a message of the
 * control channel.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/bytes.h"
#include "common/wire/bidding.h"
#include "common/wire/trial.h"

#include <stdlib.h>
#include <string.h>

/* A packet without its hash: magic, kind, number, nonce, who was seen. */
#define PACKET                                                                 \
	"ff65646765747201 01000000 00000005 1122334455667788 00040035"         \
	"c0000214 00000000 0000000000000000"
#define PLACE "0400 01bb c0000214 00000000 0000000000000000"

static const struct fuzz_sample samples[] = {
	{PACKET "00000000000000000000000000000000", true},
	{"01000002 0001", true},
	{"0200002c" PLACE PLACE "00000258", true},
	{"03000034 0001 00000007 0100" PLACE PLACE "c350 ea5f", true},
	{"04000032 0001 00000007 0100 0001" PLACE PLACE, true},
	{"05000000", true},
	{"07000032 0001 00000007 0c00 0003" PLACE PLACE, true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 5000,
	.cut_bytes_max = 64,
};

static const uint8_t key[TRIAL_KEY_BYTES] = "the key of this session only: 1";

/* Nobody knows the key: whatever it is, nothing is made of it. */
static void as_a_stranger(const uint8_t *data, size_t length)
{
	struct trial_packet packet;

	if (trial_decode(&packet, key, data, length))
		abort();
}

static void as_one_with_the_key(const uint8_t *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	struct trial_packet packet = {
		.kind = (enum trial_kind)bytes_u8(&bytes),
		.number = bytes_u32(&bytes),
		.seen_port = bytes_u16(&bytes),
	};
	struct trial_packet again;
	uint8_t buffer[TRIAL_BYTES];

	trial_encode(&packet, key, buffer);
	if (trial_decode(&again, key, buffer, sizeof(buffer)) !=
	    (packet.kind == TRIAL_ASK || packet.kind == TRIAL_ANSWER))
		abort();
	if (again.kind && (again.number != packet.number ||
			   again.seen_port != packet.seen_port))
		abort();
}

/* What is read at all comes to the same bytes, but for idle ones. */
static void as_a_message(const uint8_t *data, size_t length)
{
	static struct bidding bidding, again;
	uint8_t buffer[BIDDING_BYTES_MAX];
	size_t size;

	bidding_length(data, length);
	if (!bidding_decode(&bidding, data, length))
		return;
	if (bidding.count > BIDDING_TRIALS_MAX)
		abort();
	size = bidding_encode(&bidding, buffer);
	if (size != length || !bidding_decode(&again, buffer, size) ||
	    memcmp(&bidding, &again, sizeof(again)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	as_a_stranger(data, length);
	as_one_with_the_key(data, length);
	as_a_message(data, length);
	return 0;
}
