#include "common/wire/msturn.h"

#include "tests/common/wire/msturn_asserts.h"

/* What coturn 4.6 answers to V1: no cookie, numbers swapped, padded. */
#define STANDARD_401                                                           \
	"01130054 2112a442 11111111 11111111 11111111"                         \
	"00090010 00000401 556e617574686f72697a6564"                           \
	"00150010 61653439316436366462336436376330"                            \
	"0014000b 6578616d706c652e636f6d 00"                                   \
	"80220010 436f7475726e2d342e362e3120276f27"                            \
	"80280004 b2aaf9f6"

static void is_standard(void **state)
{
	struct octets octets = octets_hex(STANDARD_401);
	struct octets again;
	struct msturn_message message;
	uint8_t buffer[256];
	const char *why;
	size_t length;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_false(message.has_cookie);
	assert_true(message.is_standard);
	assert_int_equal(message.error_code, 401);
	assert_text(&message.realm, "example.com");
	assert_text(&message.nonce, "ae491d66db3d67c0");
	assert_text(&message.software, "Coturn-4.6.1 'o'");

	length = msturn_encode(&message, NULL, buffer, sizeof(buffer));
	again = octets_copy(buffer, length);
	assert_true(msturn_decode(&message, again.data, again.length, &why));
	assert_true(message.is_standard);
	assert_text(&message.realm, "example.com");
	assert_int_equal(length % 4, 0);
	free(octets.data);
	free(again.data);
}

static void is_standard_as_an_allocate_request(void **state)
{
	struct octets octets = octets_hex(V16);
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_false(message.has_cookie);
	assert_true(message.is_standard);
	assert_int_equal(message.first_unknown, 0x19);
	free(octets.data);
}

/* RFC 5769 2.2: the last padding byte is a blank, not zero. */
static void reads_the_standard_response_of_rfc_5769(void **state)
{
	struct octets octets =
		octets_hex("0101003c 2112a442 b7e7a701 bc34d686 fa87dfae"
			   "8022000b 7465737420766563746f7220"
			   "00200008 0001a147e112a643"
			   "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
			   "80280004 c07d4c96");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_true(message.is_standard);
	assert_text(&message.software, "test vector");
	assert_address(&message.xor_mapped, "192.0.2.1 32853");
	assert_int_equal(message.integrity.length, 20);
	free(octets.data);
}

static void proves_nothing_without_any_cookie(void **state)
{
	struct octets octets =
		octets_hex("00030000 11111111 11111111 11111111 11111111");
	struct msturn_message message;
	const char *why;

	(void)state;
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_false(message.has_cookie);
	assert_false(message.is_standard);
	free(octets.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_standard),
		cmocka_unit_test(is_standard_as_an_allocate_request),
		cmocka_unit_test(reads_the_standard_response_of_rfc_5769),
		cmocka_unit_test(proves_nothing_without_any_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
