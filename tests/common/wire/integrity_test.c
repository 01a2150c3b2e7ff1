#include "common/wire/integrity.h"

#include "tests/common/wire/msturn_asserts.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const struct {
	const char *hex;
	bool is_protected;
} messages[] = {
	{V1, false}, {V2, false},  {V3, true},	 {V4, true},
	{V5, true},  {V6, false},  {V7, true},	 {V8, true},
	{V9, true},  {V10, false}, {V11, false},
};

#define MESSAGE_COUNT (sizeof(messages) / sizeof(messages[0]))

static void makes_the_key_of_binary_credentials(void **state)
{
	struct octets username = octets_hex(VECTOR_USERNAME);
	struct octets password = octets_hex(VECTOR_PASSWORD);
	uint8_t key[16];

	(void)state;
	msturn_key(key, &(struct msturn_text){username.data, username.length},
		   &(struct msturn_text){(const uint8_t *)VECTOR_REALM,
					 strlen(VECTOR_REALM)},
		   &(struct msturn_text){password.data, password.length});
	assert_hex(key, sizeof(key), VECTOR_KEY);
	free(username.data);
	free(password.data);
}

static bool verifies(const struct octets *octets, const uint8_t key[16])
{
	struct msturn_message message;
	const char *why;

	return msturn_decode(&message, octets->data, octets->length, &why) &&
	       msturn_verify(&message, octets->data, key);
}

static void verifies_integrity_and_refuses_every_flipped_bit(void **state)
{
	uint8_t key[16];

	(void)state;
	make_key(key);
	for (size_t i = 0; i < MESSAGE_COUNT; i++) {
		struct octets octets = octets_hex(messages[i].hex);

		assert_int_equal(verifies(&octets, key),
				 messages[i].is_protected);
		for (size_t bit = 0; bit < octets.length * 8; bit++) {
			octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(verifies(&octets, key));
			octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(octets.data);
	}
	key[0] ^= 1;
	for (size_t i = 0; i < MESSAGE_COUNT; i++) {
		struct octets octets = octets_hex(messages[i].hex);

		assert_false(verifies(&octets, key));
		free(octets.data);
	}
}

static void does_not_verify_the_longer_integrity(void **state)
{
	struct octets octets = octets_hex(
		"0003002c 2112a442 11111111 11111111 11111111"
		"000f0004 72c64bc6 00080020"
		"0000000000000000000000000000000000000000000000000000000000"
		"000000");
	struct msturn_message message;
	uint8_t key[16];
	const char *why;

	(void)state;
	make_key(key);
	assert_true(msturn_decode(&message, octets.data, octets.length, &why));
	assert_int_equal(message.integrity.length, 32);
	assert_false(msturn_verify(&message, octets.data, key));
	free(octets.data);
}

static void hashes_as_if_zeros_followed(void **state)
{
	static const size_t lengths[] = {0, 1, 63, 64, 65, 127, 128, 150};
	uint8_t key[16] = {1, 2, 3};
	uint8_t text[192] = {0};
	uint8_t padded[INTEGRITY_BYTES], plain[INTEGRITY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t length = lengths[i];
		size_t whole = (length + 63) / 64 * 64;

		memset(text, 'x', length);
		integrity_hmac_sha1(padded, key, text, length, true);
		integrity_hmac_sha1(plain, key, text, whole, false);
		assert_memory_equal(padded, plain, sizeof(plain));
		integrity_hmac_sha1(plain, key, text, length, false);
		assert_int_equal(memcmp(padded, plain, sizeof(plain)) == 0,
				 length == whole);
	}
}

/* By OpenSSL, which counts as right; keys shorter and longer than a block. */
static void hashes_as_openssl_does_with_keys_of_any_length(void **state)
{
	static const size_t lengths[] = {0, 1, 20, 63, 64, 65, 128, 256};
	uint8_t key[256], text[150], ours[INTEGRITY_BYTES];
	uint8_t theirs[INTEGRITY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const struct bytes secret = bytes_of(key, lengths[i]);
		const struct bytes parts[] = {bytes_of(text, 7),
					      bytes_of(text + 7, 143)};

		integrity_hmac_sha1_parts(ours, &secret, parts, 2, false);
		assert_non_null(HMAC(EVP_sha1(), key, (int)lengths[i], text,
				     sizeof(text), theirs, NULL));
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_key_of_binary_credentials),
		cmocka_unit_test(
			verifies_integrity_and_refuses_every_flipped_bit),
		cmocka_unit_test(does_not_verify_the_longer_integrity),
		cmocka_unit_test(hashes_as_if_zeros_followed),
		cmocka_unit_test(
			hashes_as_openssl_does_with_keys_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
