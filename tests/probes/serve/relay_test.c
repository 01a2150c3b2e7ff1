#include "probes/serve/relay.h"

#include "probes/serve/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* V1 of msturn.md 15: an Allocate request without credentials */
static const uint8_t vector_v1[] = {
	0x00, 0x03, 0x00, 0x10, 0x21, 0x12, 0xa4, 0x42, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x00, 0x0f, 0x00, 0x04,
	0x72, 0xc6, 0x4b, 0xc6, 0x80, 0x08, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01,
};

static const char nonce[] = "0123456789abcdef0123456789abcdef";

static const struct relay lync2010 = {
	.product = PRODUCT_LYNC2010,
	.itself = {{AF_INET, {192, 0, 2, 20}}, 3478},
};

static struct msturn_message v1(void)
{
	struct msturn_message message;
	const char *why;

	assert_true(
		msturn_decode(&message, vector_v1, sizeof(vector_v1), &why));
	return message;
}

static struct msturn_text text_of(const char *text)
{
	return (struct msturn_text){(const uint8_t *)text, strlen(text)};
}

static bool text_is(struct msturn_text text, const char *other)
{
	return text.length == strlen(other) &&
	       memcmp(text.data, other, text.length) == 0;
}

/* Asks the relay and decodes what it says. */
static struct msturn_message ask(const struct relay *relay,
				 const struct msturn_message *request)
{
	static uint8_t buffer[MSTURN_MESSAGE_MAX];
	struct msturn_message answer;
	const char *why;
	size_t length =
		relay_answer(relay, request, nonce, buffer, sizeof(buffer));

	assert_true(msturn_decode(&answer, buffer, length, &why));
	assert_int_equal(answer.type, MSTURN_ALLOCATE_ERROR);
	assert_memory_equal(answer.transaction, request->transaction, 16);
	return answer;
}

/* The shape of V2: cookie, error, version, alternate, nonce, realm. */
static void answers_401_as_the_vector_does(void **state)
{
	static const uint8_t expected[] =
		"\x01\x13\0\x60!\x12\xa4"
		"B\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
		"\0\x0f\0\4r\xc6K\xc6"
		"\0\t\0\x10\0\0\4\1Unauthorized"
		"\x80\x08\0\4\0\0\0\3"
		"\0\x0e\0\x08\0\1\r\x96\xc0\0\2\x14"
		"\0\x14\0 0123456789abcdef0123456789abcdef"
		"\0\x15\0\x08rtcmedia";
	struct msturn_message request = v1();
	uint8_t buffer[MSTURN_MESSAGE_MAX];

	(void)state;
	assert_int_equal(relay_answer(&lync2010, &request, nonce, buffer,
				      sizeof(buffer)),
			 sizeof(expected) - 1);
	assert_memory_equal(buffer, expected, sizeof(expected) - 1);
}

static void ignores_what_is_not_an_allocate_with_cookie(void **state)
{
	struct msturn_message request = v1();
	uint8_t buffer[MSTURN_MESSAGE_MAX];

	(void)state;
	request.has_cookie = false;
	assert_int_equal(relay_answer(&lync2010, &request, nonce, buffer,
				      sizeof(buffer)),
			 0);
	request = v1();
	for (uint16_t type = 0; type < 0x200; type++) {
		request.type = type;
		assert_true((relay_answer(&lync2010, &request, nonce, buffer,
					  sizeof(buffer)) > 0) ==
			    (type == MSTURN_ALLOCATE_REQUEST));
	}
}

static void knows_no_credentials(void **state)
{
	static const struct {
		const char *username, *realm, *nonce;
		unsigned code;
	} cases[] = {
		{NULL, NULL, NULL, 432},
		{"u", NULL, NULL, 434},
		{"u", "rtcmedia", NULL, 435},
		{"u", "rtcmedia", "n", 436},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct msturn_message request = v1();

		request.integrity = text_of("12345678901234567890");
		if (cases[i].username)
			request.username = text_of(cases[i].username);
		if (cases[i].realm)
			request.realm = text_of(cases[i].realm);
		if (cases[i].nonce)
			request.nonce = text_of(cases[i].nonce);
		assert_int_equal(ask(&lync2010, &request).error_code,
				 cases[i].code);
	}
}

static void names_an_unknown_mandatory_attribute(void **state)
{
	struct msturn_message request = v1();
	struct msturn_message answer;

	(void)state;
	request.first_unknown = 0x7abc;
	answer = ask(&lync2010, &request);
	assert_int_equal(answer.error_code, 420);
	assert_int_equal(answer.unknown_attributes.length, 2);
	assert_memory_equal(answer.unknown_attributes.data, "\x7a\xbc", 2);
}

static void quirk_names_a_private_alternate(void **state)
{
	struct relay relay = lync2010;
	struct msturn_message request = v1();
	struct msturn_message answer;

	(void)state;
	relay.quirks = quirks_of(QUIRK_PRIVATE_ALTERNATE);
	answer = ask(&relay, &request);
	assert_true(address_is_private(&answer.alternate.address));
	assert_int_equal(answer.alternate.port, 3478);
	relay.itself.address = (struct address){AF_INET6, {0x20, 1, 13, 0xb8}};
	answer = ask(&relay, &request);
	assert_int_equal(answer.alternate.address.family, AF_INET6);
	assert_true(address_is_private(&answer.alternate.address));
}

static void quirk_answers_as_a_standard_server(void **state)
{
	struct relay relay = lync2010;
	struct msturn_message request = v1();
	struct msturn_message answer;

	(void)state;
	relay.quirks = quirks_of(QUIRK_STANDARD_TURN);
	answer = ask(&relay, &request);
	assert_false(answer.has_cookie);
	assert_true(answer.is_standard);
	assert_int_equal(answer.error_code, 401);
	assert_true(text_is(answer.realm, "turn.example"));
	assert_true(text_is(answer.nonce, nonce));
	assert_non_null(answer.software.data);
}

static void nonces_are_digits_of_what_is_random(void **state)
{
	static const uint8_t randomness[16] = {0xff, 0, 0x10};
	char made[RELAY_NONCE_BYTES];

	(void)state;
	relay_nonce(made, randomness);
	assert_string_equal(made, "ff001000000000000000000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_401_as_the_vector_does),
		cmocka_unit_test(ignores_what_is_not_an_allocate_with_cookie),
		cmocka_unit_test(knows_no_credentials),
		cmocka_unit_test(names_an_unknown_mandatory_attribute),
		cmocka_unit_test(quirk_names_a_private_alternate),
		cmocka_unit_test(quirk_answers_as_a_standard_server),
		cmocka_unit_test(nonces_are_digits_of_what_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
