#include "common/wire/msturn_channel.h"

#include "tests/common/wire/msturn_asserts.h"
#include "tests/common/wire/stun_vectors.h"

/* RFC 8656 12.4: the length counts the data and not its padding. */
#define CHANNEL_DATA "40010016" DATA_22 "0000"
#define DATA_22	     "6564676570726f62652072656c617920746573742031"

static void reads_channel_data_with_and_without_padding(void **state)
{
	static const char *const messages[] = {
		"40010016" DATA_22, "40010016" DATA_22 "00", CHANNEL_DATA};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct octets octets = octets_hex(messages[i]);
		struct msturn_text data;
		uint16_t channel;

		assert_true(msturn_channel(octets.data, octets.length, &channel,
					   &data));
		assert_int_equal(channel, 0x4001);
		assert_text(&data, "edgeprobe relay test 1");
		free(octets.data);
	}
}

static void reads_channel_data_of_nothing(void **state)
{
	struct octets octets = octets_hex("7fff0000");
	struct msturn_text data;
	uint16_t channel;

	(void)state;
	assert_true(
		msturn_channel(octets.data, octets.length, &channel, &data));
	assert_int_equal(channel, 0x7fff);
	assert_int_equal(data.length, 0);
	free(octets.data);
}

static void refuses_what_is_no_channel_data(void **state)
{
	static const char *const messages[] = {
		"",
		"4001",
		"400100",
		"40010001",		     /* too short */
		"40010016" DATA_22 "000000", /* more than padding */
		"40010004 00000000 00",
		"3fff0000", /* a message's bits */
		"80000000",
		V1,
		V12,
		S9,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct octets octets = octets_hex(messages[i]);
		struct msturn_text data;
		uint16_t channel;

		assert_false(msturn_channel(octets.data, octets.length,
					    &channel, &data));
		free(octets.data);
	}
}

static void writes_channel_data_padded(void **state)
{
	static const char text[] = "edgeprobe relay test 1";
	struct msturn_text data = {(const uint8_t *)text, sizeof(text) - 1};
	uint8_t room[28];

	(void)state;
	assert_int_equal(msturn_channel_write(0x4001, &data, room, 28), 28);
	assert_hex(room, 28, CHANNEL_DATA);
	for (size_t capacity = 0; capacity < 28; capacity++)
		assert_int_equal(
			msturn_channel_write(0x4001, &data, room, capacity), 0);
	assert_int_equal(msturn_channel_write(0x3fff, &data, room, 28), 0);
	assert_int_equal(msturn_channel_write(0x8000, &data, room, 28), 0);
	data.length = UINT16_MAX + 1;
	assert_int_equal(msturn_channel_write(0x4001, &data, room, 28), 0);
}

/* Messages and ChannelData back to back, cut anywhere. */
static void takes_a_standard_stream_apart(void **state)
{
	static const size_t lengths[] = {28, 28, 68, 4};
	struct octets octets = octets_hex(S9 CHANNEL_DATA S5 "40020000");
	size_t position = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t few = 0; few < 4; few++) {
			struct octets cut =
				octets_copy(octets.data + position, few);
			size_t length = 0;

			assert_int_equal(
				msturn_channel_frame(cut.data, few, &length),
				0);
			free(cut.data);
		}
		for (size_t some = 4; some <= lengths[i]; some++) {
			struct octets cut =
				octets_copy(octets.data + position, some);
			size_t length = 0;

			assert_int_equal(
				msturn_channel_frame(cut.data, some, &length),
				1);
			assert_int_equal(length, lengths[i]);
			free(cut.data);
		}
		position += lengths[i];
	}
	assert_int_equal(position, octets.length);
	free(octets.data);
}

static void refuses_streams_of_another_kind(void **state)
{
	static const char *const streams[] = {
		"80", "c0", V12, "00010002", /* no multiple of four */
	};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct octets octets = octets_hex(streams[i]);

		assert_int_equal(msturn_channel_frame(octets.data,
						      octets.length, &length),
				 -1);
		free(octets.data);
	}
}

static void counts_the_longest_lengths(void **state)
{
	static const uint8_t channel[] = {0x40, 0, 0xff, 0xff};
	static const uint8_t message[] = {0, 1, 0xff, 0xfc};
	size_t length;

	(void)state;
	assert_int_equal(msturn_channel_frame(channel, 4, &length), 1);
	assert_int_equal(length, 4 + 65536);
	assert_int_equal(msturn_channel_frame(message, 4, &length), 1);
	assert_int_equal(length, 20 + 65532);
}

static void reads_multiplexed_data(void **state)
{
	struct octets octets = octets_hex(V12);
	struct msturn_text data;
	uint64_t session;

	(void)state;
	assert_true(msturn_channel_multiplexed(octets.data, octets.length,
					       &session, &data));
	assert_true(session == UINT64_C(0x0123456789abcdef));
	assert_text(&data, "edgeprobe relay test 1");
	for (size_t length = 0; length < octets.length; length++) {
		struct octets cut = octets_copy(octets.data, length);

		assert_false(msturn_channel_multiplexed(cut.data, length,
							&session, &data));
		free(cut.data);
	}
	octets.data[1] = 0x11; /* another channel */
	assert_false(msturn_channel_multiplexed(octets.data, octets.length,
						&session, &data));
	octets.data[1] = 0x10;
	octets.data[3] = 7; /* less than a session */
	assert_false(msturn_channel_multiplexed(octets.data, octets.length,
						&session, &data));
	free(octets.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_channel_data_with_and_without_padding),
		cmocka_unit_test(reads_channel_data_of_nothing),
		cmocka_unit_test(refuses_what_is_no_channel_data),
		cmocka_unit_test(writes_channel_data_padded),
		cmocka_unit_test(takes_a_standard_stream_apart),
		cmocka_unit_test(refuses_streams_of_another_kind),
		cmocka_unit_test(counts_the_longest_lengths),
		cmocka_unit_test(reads_multiplexed_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
