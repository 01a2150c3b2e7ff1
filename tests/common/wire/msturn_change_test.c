#include "common/wire/msturn.h"
#include "common/wire/msturn_channel.h"

#include "tests/common/wire/msturn_asserts.h"
#include "tests/common/wire/stun_vectors.h"

/*
 * Every truncation and every change of one byte, to each other value, of every
 * vector: refused with a reason, or read within its bounds (the sanitizers
 * watch), and never again of good integrity or fingerprint.
 */

static const char *const messages[] = {
	V1,
	V1R,
	V2,
	V3,
	V4,
	V5,
	V6,
	V7,
	V8,
	V9,
	V10,
	V11,
	V16,
	S1,
	S2,
	S3,
	S4,
	S5,
	S6,
	S7,
	S8,
	S9,
	S10,
	RFC5769_REQUEST,
	RFC5769_ANSWER,
	RFC5769_ANSWER_IPV6,
	RFC5769_LONG_TERM,
};

/* What is no message: frames, hellos, multiplexed data. */
static const char *const others[] = {V12, V13C, V13S, V14, V15};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct seals { /* what may hold a message together */
	uint8_t msturn[16], own[16], long_term[16];
	struct msturn_text password;
};

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

static void make_seals(struct seals *seals)
{
	struct octets own = octets_hex(STUN_KEY);
	struct octets name = octets_hex("e3839ee38388e383aae38383e382afe382b9");
	struct msturn_text realm = text_of(RFC5769_LONG_TERM_REALM);
	struct msturn_text password = text_of(RFC5769_LONG_TERM_PASSWORD);

	make_key(seals->msturn);
	memcpy(seals->own, own.data, 16);
	msturn_key(seals->long_term,
		   &(struct msturn_text){name.data, name.length}, &realm,
		   &password);
	seals->password = text_of(RFC5769_PASSWORD);
	free(own.data);
	free(name.data);
}

enum seal { SEAL_NONE, SEAL_MSTURN, SEAL_OWN, SEAL_LONG_TERM, SEAL_PASSWORD };

static bool is_whole(const struct seals *seals, enum seal seal,
		     const struct octets *octets,
		     const struct msturn_message *message)
{
	switch (seal) {
	case SEAL_MSTURN:
		return msturn_verify(message, octets->data, seals->msturn);
	case SEAL_OWN:
		return msturn_verify(message, octets->data, seals->own);
	case SEAL_LONG_TERM:
		return msturn_verify(message, octets->data, seals->long_term);
	case SEAL_PASSWORD:
		return msturn_verify_password(message, octets->data,
					      &seals->password);
	default:
		return false;
	}
}

/* By which one the message is whole; *end is where the part ends that it
 * holds together: a fingerprint may follow it in a standard message. */
static enum seal seal_of(const struct seals *seals, const struct octets *octets,
			 size_t *end)
{
	struct msturn_message message;
	enum seal seal = SEAL_PASSWORD;
	const char *why;

	assert_true(
		msturn_decode(&message, octets->data, octets->length, &why));
	while (seal != SEAL_NONE && !is_whole(seals, seal, octets, &message))
		seal--;
	*end = seal == SEAL_NONE ? 0 : message.integrity_offset + 24;
	return seal;
}

/* What was read can be written, and what was written read. */
static void goes_round(const struct msturn_message *message)
{
	static const uint8_t key[16];
	uint8_t room[512];
	size_t length = msturn_encode(message, key, room, sizeof(room));
	struct octets octets = octets_copy(room, length);
	struct msturn_message again;
	const char *why;

	assert_true(length > 0);
	assert_true(msturn_decode(&again, octets.data, length, &why));
	assert_true(msturn_verify(&again, octets.data, key));
	if (!message->has_cookie)
		assert_int_equal(again.is_fingerprint_right,
				 message->has_fingerprint);
	free(octets.data);
}

/* Returns whether it was read. */
static bool stands_change(const struct seals *seals, enum seal seal,
			  const struct octets *octets, bool is_held,
			  bool goes_again)
{
	struct msturn_message message;
	const char *why = NULL;

	if (!msturn_decode(&message, octets->data, octets->length, &why)) {
		assert_non_null(why);
		return false;
	}
	assert_false(message.is_fingerprint_right);
	assert_int_equal(is_whole(seals, seal, octets, &message),
			 seal != SEAL_NONE && !is_held);
	if (goes_again)
		goes_round(&message);
	return true;
}

static void stands_every_change_of_one_byte(void **state)
{
	struct seals seals;
	size_t read = 0, refused = 0;

	(void)state;
	make_seals(&seals);
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets octets = octets_hex(messages[i]);
		size_t end;
		enum seal seal = seal_of(&seals, &octets, &end);

		for (size_t at = 0; at < octets.length; at++) {
			uint8_t right = octets.data[at];

			for (unsigned other = 1; other < 256; other++) {
				octets.data[at] = (uint8_t)(right ^ other);
				if (stands_change(&seals, seal, &octets,
						  at < end, other % 16 == 1))
					read++;
				else
					refused++;
			}
			octets.data[at] = right;
		}
		free(octets.data);
	}
	assert_true(read > 100000);
	assert_true(refused > 10000);
}

static void are_whole_before_they_are_changed(void **state)
{
	size_t sealed = 0, printed = 0;
	struct seals seals;

	(void)state;
	make_seals(&seals);
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets octets = octets_hex(messages[i]);
		struct msturn_message message;
		const char *why;
		size_t end;

		assert_true(msturn_decode(&message, octets.data, octets.length,
					  &why));
		sealed += seal_of(&seals, &octets, &end) != SEAL_NONE;
		printed += message.is_fingerprint_right;
		goes_round(&message);
		free(octets.data);
	}
	assert_int_equal(sealed, 6 + 5 + 4);
	assert_int_equal(printed, 5 + 3);
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct octets octets = octets_hex(messages[i]);

		for (size_t length = 0; length < octets.length; length++) {
			struct octets cut = octets_copy(octets.data, length);
			struct msturn_message message;
			const char *why = NULL;

			assert_false(msturn_decode(&message, cut.data, length,
						   &why));
			assert_non_null(why);
			free(cut.data);
		}
		free(octets.data);
	}
}

static void look_at(const struct octets *octets)
{
	struct msturn_message message;
	struct msturn_text data;
	uint64_t session;
	uint16_t number;
	uint8_t type;
	size_t length;
	const char *why = NULL;

	if (!msturn_decode(&message, octets->data, octets->length, &why))
		assert_non_null(why);
	msturn_frame(octets->data, octets->length, &type, &number);
	msturn_channel_frame(octets->data, octets->length, &length);
	pseudo_client_begins(octets->data, octets->length);
	pseudo_server_begins(octets->data, octets->length);
	if (msturn_channel(octets->data, octets->length, &number, &data))
		assert_true(data.length + 4 <= octets->length);
	if (msturn_channel_multiplexed(octets->data, octets->length, &session,
				       &data))
		assert_int_equal(data.length + 12, octets->length);
}

static void stands_the_same_of_frames_and_hellos(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct octets octets = octets_hex(others[i]);

		for (size_t at = 0; at < octets.length; at++) {
			struct octets cut = octets_copy(octets.data, at);

			look_at(&cut);
			free(cut.data);
			for (unsigned other = 0; other < 256; other++) {
				octets.data[at] ^= (uint8_t)other;
				look_at(&octets);
				octets.data[at] ^= (uint8_t)other;
			}
		}
		free(octets.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_whole_before_they_are_changed),
		cmocka_unit_test(stands_every_change_of_one_byte),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(stands_the_same_of_frames_and_hellos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
