#include "probes/serve/token.h"

#include "tests/common/wire/msturn_asserts.h"

#include <sys/stat.h>
#include <unistd.h>

#define NOW_S	 INT64_C(1800000000)
#define CLIENT	 "7ced5822a1917d156c15fcd31ae52561226692e7"
#define LATER_S	 INT64_C(0x1234567890)
#define EXPIRY_2 "3456789000000012" /* the low half first */

/* msturn.md 15 */
static const struct token_keys keys = {
	.username = "edgeprobe-test-key-1",
	.password = "edgeprobe-test-key-2",
};

static struct token issue(unsigned version, int64_t expires_s)
{
	struct octets client = octets_hex(CLIENT);
	struct token token;

	token_issue(&keys, version, client.data, expires_s, &token);
	free(client.data);
	return token;
}

static enum token_state check(const struct token_keys *with,
			      const struct token *token, int64_t now_s)
{
	struct octets exact =
		octets_copy(token->username, token->username_length);
	uint8_t password[TOKEN_PASSWORD_BYTES];
	enum token_state state =
		token_check(with, exact.data, exact.length, now_s, password);

	if (state != TOKEN_FOREIGN)
		assert_memory_equal(password, token->password,
				    sizeof(password));
	free(exact.data);
	return state;
}

static void issues_what_the_specification_computed(void **state)
{
	struct token token = issue(1, 0);

	(void)state;
	assert_hex(token.username, token.username_length, VECTOR_USERNAME);
	assert_hex(token.password, sizeof(token.password), VECTOR_PASSWORD);
	assert_int_equal(check(&keys, &token, NOW_S), TOKEN_GOOD);
}

static void the_second_version_has_flags(void **state)
{
	struct token token = issue(2, LATER_S);

	(void)state;
	assert_int_equal(token.username_length, 56);
	assert_hex(token.username, 36, "02000024" EXPIRY_2 CLIENT "00000000");
	assert_int_equal(check(&keys, &token, NOW_S), TOKEN_GOOD);
}

static void ends_when_it_says(void **state)
{
	struct token token = issue(1, NOW_S);

	(void)state;
	assert_int_equal(check(&keys, &token, NOW_S - 1), TOKEN_GOOD);
	assert_int_equal(check(&keys, &token, NOW_S), TOKEN_EXPIRED);
}

static void knows_no_token_with_a_bit_changed(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct token token = issue(version, LATER_S);

		(void)state;
		for (size_t i = 0; i < token.username_length * 8; i++) {
			token.username[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(check(&keys, &token, NOW_S),
					 TOKEN_FOREIGN);
			token.username[i / 8] ^= (uint8_t)(1 << i % 8);
		}
	}
}

static void knows_no_part_of_a_token(void **state)
{
	struct token token = issue(2, LATER_S);

	(void)state;
	while (token.username_length--)
		assert_int_equal(check(&keys, &token, NOW_S), TOKEN_FOREIGN);
}

static void knows_no_token_of_another_pool(void **state)
{
	struct token token = issue(1, LATER_S);
	struct token_keys others = keys;

	(void)state;
	others.username[0] ^= 1;
	assert_int_equal(check(&others, &token, NOW_S), TOKEN_FOREIGN);
}

static void writes_a_file_that_only_its_owner_reads(void **state)
{
	static const char expected[] =
		"username = AQAAIAAAAAAAAAAAfO1YIqGRfRVsFfzTGuUlYSJmkucJ8l35pp"
		"IfrPv1xHGAaqGY65oTkg==\n"
		"password = 77PcwbJQDMfW9ke4gfWysZmeYOo=\n"
		"expires = 2027-01-15T08:00:00.000Z\n";
	char path[] = "/tmp/token_test.XXXXXX";
	int descriptor = mkstemp(path);
	struct arena *arena = arena_new();
	struct token token = issue(1, 0);
	char text[sizeof(expected)] = "";
	struct stat status;
	const char *why;
	FILE *file;

	(void)state;
	assert_int_equal(fchmod(descriptor, 0644), 0);
	close(descriptor);
	assert_true(token_write(&token, NOW_S, arena, path, &why));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file),
			 sizeof(expected) - 1);
	fclose(file);
	assert_string_equal(text, expected);
	unlink(path);
	assert_false(token_write(&token, NOW_S, arena, "/nowhere/x", &why));
	assert_string_equal(why, "/nowhere/x.new: No such file or directory");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issues_what_the_specification_computed),
		cmocka_unit_test(the_second_version_has_flags),
		cmocka_unit_test(ends_when_it_says),
		cmocka_unit_test(knows_no_token_with_a_bit_changed),
		cmocka_unit_test(knows_no_part_of_a_token),
		cmocka_unit_test(knows_no_token_of_another_pool),
		cmocka_unit_test(writes_a_file_that_only_its_owner_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
