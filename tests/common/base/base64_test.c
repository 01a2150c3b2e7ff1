#include "common/base/base64.h"

#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *text;
} vectors[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\xff\xfe\xfd", "//79"},
	{"\xfb\xef\xbe", "++++"},
};

static bool decode(const char *text, size_t capacity, char *data,
		   const char **why)
{
	struct octets octets = octets_copy(text, strlen(text));
	size_t length = 0;
	bool is_good =
		base64_decode(data, capacity, &length,
			      (const char *)octets.data, octets.length, why);

	free(octets.data);
	if (is_good)
		data[length] = '\0';
	return is_good;
}

static void writes_and_reads_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		char text[BASE64_TEXT_BYTES(8)], data[9];
		const char *why;

		base64_encode(text, vectors[i].bytes, strlen(vectors[i].bytes));
		assert_string_equal(text, vectors[i].text);
		assert_true(decode(text, 8, data, &why));
		assert_string_equal(data, vectors[i].bytes);
	}
}

static void takes_all_bytes_there_and_back(void **state)
{
	unsigned char bytes[256], back[256];
	char text[BASE64_TEXT_BYTES(256)];
	const char *why;
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	base64_encode(text, bytes, sizeof(bytes));
	assert_int_equal(strlen(text) + 1, BASE64_TEXT_BYTES(256));
	assert_true(base64_decode(back, sizeof(back), &length, text,
				  strlen(text), &why));
	assert_int_equal(length, sizeof(back));
	assert_memory_equal(back, bytes, sizeof(back));
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"Zg=", "its length is no multiple of four"},
		{"Z", "its length is no multiple of four"},
		{"Zm9v=", "its length is no multiple of four"},
		{"Zg= ", "a character stands in it"},
		{"Zm 9", "a character stands in it"},
		{"Zm-9", "a character stands in it"},
		{"Z===", "a character stands in it"},
		{"====", "a character stands in it"},
		{"Zg==Zg==", "a character stands in it"},
		{"Zh==", "it does not end as base64 does"},
		{"Zm9=", "it does not end as base64 does"},
		{"Zm9vYmFyZm9v", "it is too long"},
	};
	char data[9];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = "";

		assert_false(decode(cases[i].text, 8, data, &why));
		if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
			fail_msg("%s: %s", cases[i].text, why);
	}
}

static void a_nul_is_no_digit(void **state)
{
	char data[4];
	const char *why;
	size_t length;

	(void)state;
	assert_false(base64_decode(data, 4, &length, "Zm\0v", 4, &why));
	assert_true(base64_decode(data, 4, &length, "ZmAv", 4, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_the_vectors),
		cmocka_unit_test(takes_all_bytes_there_and_back),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(a_nul_is_no_digit),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
