#include "common/wire/pseudo.h"

#include "tests/common/wire/msturn_vectors.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TIME_S 0x6553f100

/* Counts up from first, as the random bytes of the vectors do. */
static void count_up(uint8_t *data, size_t length, uint8_t first)
{
	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)(first + i);
}

static void writes_the_client_hello(void **state)
{
	struct octets expected = octets_hex(V13C);
	uint8_t random[PSEUDO_RANDOM_BYTES];
	uint8_t hello[PSEUDO_CLIENT_BYTES];

	(void)state;
	count_up(random, sizeof(random), 0x01);
	pseudo_client_hello(hello, TIME_S, random);
	assert_int_equal(expected.length, sizeof(hello));
	assert_memory_equal(hello, expected.data, sizeof(hello));
	free(expected.data);
}

static void writes_the_server_hello(void **state)
{
	struct octets expected = octets_hex(V13S);
	uint8_t random[PSEUDO_RANDOM_BYTES];
	uint8_t session[PSEUDO_SESSION_BYTES];
	uint8_t hello[PSEUDO_SERVER_BYTES];

	(void)state;
	count_up(random, sizeof(random), 0x81);
	count_up(session, sizeof(session), 0xc0);
	pseudo_server_hello(hello, TIME_S, random, session);
	assert_int_equal(expected.length, sizeof(hello));
	assert_memory_equal(hello, expected.data, sizeof(hello));
	free(expected.data);
}

struct hello {
	const char *hex;
	bool (*matches)(const uint8_t *hello);
	bool (*begins)(const void *data, size_t length);
	size_t session_first, session_end; /* free besides 11 to 42 */
};

static const struct hello hellos[] = {
	{V13C, pseudo_client_matches, pseudo_client_begins, 0, 0},
	{V13S, pseudo_server_matches, pseudo_server_begins, 44, 76},
};

#define HELLO_COUNT (sizeof(hellos) / sizeof(hellos[0]))

static void looks_at_every_fixed_byte_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < HELLO_COUNT; i++) {
		const struct hello *hello = &hellos[i];
		struct octets octets = octets_hex(hello->hex);

		assert_true(hello->matches(octets.data));
		for (size_t at = 0; at < octets.length; at++) {
			bool is_free = (at >= 11 && at <= 42) ||
				       (at >= hello->session_first &&
					at < hello->session_end);

			octets.data[at] ^= 0x40;
			assert_int_equal(hello->matches(octets.data), is_free);
			octets.data[at] ^= 0x40;
		}
		free(octets.data);
	}
}

static void knows_every_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < HELLO_COUNT; i++) {
		struct octets octets = octets_hex(hellos[i].hex);

		for (size_t length = 0; length <= octets.length; length++) {
			struct octets cut = octets_copy(octets.data, length);

			assert_true(hellos[i].begins(cut.data, length));
			free(cut.data);
		}
		assert_false(hellos[i].begins(octets.data, octets.length + 1));
		free(octets.data);
	}
}

static void tells_client_from_server(void **state)
{
	struct octets client = octets_hex(V13C);
	struct octets server = octets_hex(V13S);

	(void)state;
	assert_false(pseudo_server_begins(client.data, client.length));
	assert_false(pseudo_client_begins(server.data, PSEUDO_CLIENT_BYTES));
	/* the first four bytes are the same, an alert is neither */
	assert_true(pseudo_server_begins(client.data, 4));
	assert_false(pseudo_server_begins("\x15\x03\x01", 3));
	free(client.data);
	free(server.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_client_hello),
		cmocka_unit_test(writes_the_server_hello),
		cmocka_unit_test(looks_at_every_fixed_byte_and_no_other),
		cmocka_unit_test(knows_every_beginning),
		cmocka_unit_test(tells_client_from_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
