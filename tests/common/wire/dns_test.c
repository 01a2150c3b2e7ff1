#include "common/wire/dns.h"

#include "tests/common/wire/dns_samples.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* one dns_decode() of a heap copy that is exactly as long */
struct reading {
	struct arena *arena;
	struct octets octets;
	struct dns_message message;
	bool is_read;
	const char *why;
};

static void begin(struct reading *reading, const char *hex)
{
	*reading = (struct reading){
		.arena = arena_new(),
		.octets = octets_hex(hex),
	};
	reading->is_read = dns_decode(reading->arena, &reading->message,
				      reading->octets.data,
				      reading->octets.length, &reading->why);
}

static void end(struct reading *reading)
{
	free(reading->octets.data);
	arena_free(reading->arena);
}

static void assert_refused(const char *hex)
{
	struct reading reading;

	begin(&reading, hex);
	assert_false(reading.is_read);
	assert_non_null(reading.why);
	end(&reading);
}

static void assert_address(const struct dns_record *record,
			   const char *expected)
{
	char text[ADDRESS_TEXT_BYTES];

	assert_string_equal(address_format(text, &record->address), expected);
}

static void reads_a_service_record(void **state)
{
	struct reading reading;
	const struct dns_message *message = &reading.message;
	const struct dns_record *record;

	(void)state;
	begin(&reading, ANSWER_SRV);
	assert_true(reading.is_read);
	assert_int_equal(message->id, 0x1234);
	assert_true(message->is_response);
	assert_true(message->is_authoritative);
	assert_false(message->is_truncated);
	assert_int_equal(message->rcode, DNS_NOERROR);
	assert_string_equal(message->question, "_sip._tls.contoso.com");
	assert_int_equal(message->question_type, DNS_SRV);
	assert_int_equal(message->answer_count, 1);
	assert_false(message->answers_cut);
	record = &message->answers[0];
	assert_string_equal(record->name, "_sip._tls.contoso.com");
	assert_int_equal(record->type, DNS_SRV);
	assert_int_equal(record->ttl_s, 3600);
	assert_int_equal(record->priority, 0);
	assert_int_equal(record->weight, 0);
	assert_int_equal(record->port, 443);
	assert_string_equal(record->target, "sip.contoso.com");
	end(&reading);
}

static void reads_aliases_and_addresses(void **state)
{
	struct reading reading;
	const struct dns_record *answers;

	(void)state;
	begin(&reading, ANSWER_A);
	assert_true(reading.is_read);
	assert_false(reading.message.is_authoritative);
	assert_string_equal(reading.message.question, "av.contoso.com");
	assert_int_equal(reading.message.answer_count, 3);
	answers = reading.message.answers;
	assert_int_equal(answers[0].type, DNS_CNAME);
	assert_string_equal(answers[0].target, "av2.contoso.com");
	assert_string_equal(answers[1].name, "av2.contoso.com");
	assert_address(&answers[1], "192.0.2.30");
	assert_address(&answers[2], "192.0.2.31");
	assert_int_equal(answers[2].ttl_s, 60);
	end(&reading);

	begin(&reading, ANSWER_AAAA);
	assert_true(reading.is_read);
	assert_int_equal(reading.message.answer_count, 1);
	assert_address(&reading.message.answers[0], "2001:db8::10");
	end(&reading);
}

static void reads_that_a_name_does_not_exist(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, ANSWER_NXDOMAIN);
	assert_true(reading.is_read);
	assert_int_equal(reading.message.rcode, DNS_NXDOMAIN);
	assert_int_equal(reading.message.answer_count, 0);
	end(&reading);
}

static void reads_the_flags_of_a_cut_answer(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "0002 8302 0000 0000 0000 0000");
	assert_true(reading.is_read);
	assert_true(reading.message.is_truncated);
	assert_int_equal(reading.message.rcode, DNS_SERVFAIL);
	assert_null(reading.message.question);
	end(&reading);
}

static void refuses_every_truncation(void **state)
{
	static const char *const messages[] = {ANSWER_SRV, ANSWER_A,
					       ANSWER_AAAA, ANSWER_NXDOMAIN};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct octets octets = octets_hex(messages[i]);

		for (size_t length = 0; length < octets.length; length++) {
			struct octets cut = octets_copy(octets.data, length);
			struct arena *arena = arena_new();
			struct dns_message message;
			const char *why = NULL;

			assert_false(dns_decode(arena, &message, cut.data,
						length, &why));
			assert_non_null(why);
			arena_free(arena);
			free(cut.data);
		}
		free(octets.data);
	}
}

static void survives_every_flipped_bit(void **state)
{
	struct octets octets = octets_hex(ANSWER_A);

	(void)state;
	for (size_t bit = 0; bit < octets.length * 8; bit++) {
		struct arena *arena = arena_new();
		struct dns_message message;
		const char *why = NULL;

		octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!dns_decode(arena, &message, octets.data, octets.length,
				&why))
			assert_non_null(why);
		octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		arena_free(arena);
	}
	free(octets.data);
}

#define QUERY "0001 0100 0001 0000 0000 0000"

static void refuses_compression_that_does_not_lead_back(void **state)
{
	(void)state;
	/* to itself, to a later place, into its own labels, in a circle */
	assert_refused(QUERY "c00c 0001 0001");
	assert_refused(QUERY "c010 0001 0001 00");
	assert_refused(QUERY "0161 c00c 0001 0001");
	assert_refused(QUERY "c00e c00c 0001 0001");
	assert_refused("0001 0100 0002 0000 0000 0000"
		       "0161 c012 0001 0001 0162 c00c 0001 0001");
	assert_refused(QUERY "ffff 0001 0001");
	/* label types that never came to be, RFC 6891 5 */
	assert_refused(QUERY "4161 00 0001 0001");
	assert_refused(QUERY "8161 00 0001 0001");
}

static void refuses_a_name_that_is_too_long(void **state)
{
	/* four labels of 63 are 256 octets; the last of 61 makes 254 + 1 */
	struct octets octets = {calloc(1, 12 + 256 + 1 + 4), 0};
	size_t lengths[] = {63, 63, 63, 61};
	struct arena *arena = arena_new();
	struct dns_message message;
	const char *why;

	(void)state;
	for (size_t last = 61; last <= 62; last++) {
		octets.length = 12;
		octets.data[5] = 1;
		lengths[3] = last;
		for (size_t i = 0; i < 4; i++) {
			octets.data[octets.length++] = (uint8_t)lengths[i];
			memset(octets.data + octets.length, 'a', lengths[i]);
			octets.length += lengths[i];
		}
		memset(octets.data + octets.length, 0, 5);
		assert_int_equal(dns_decode(arena, &message, octets.data,
					    octets.length + 5, &why),
				 last == 61);
	}
	arena_free(arena);
	free(octets.data);
}

static void escapes_odd_bytes_in_names(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, QUERY "08 2e5c20001b7f80ff 01 41 00 0001 0001");
	assert_true(reading.is_read);
	assert_string_equal(reading.message.question,
			    "\\046\\092\\032\\000\\027\\127\\128\\255.a");
	end(&reading);
}

static void writes_the_root_as_a_dot(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "0001 8180 0000 0001 0000 0000"
			"00 0021 0001 00000000 0007 0001 0002 0003 00");
	assert_true(reading.is_read);
	assert_string_equal(reading.message.answers[0].name, ".");
	assert_string_equal(reading.message.answers[0].target, ".");
	assert_int_equal(reading.message.answers[0].priority, 1);
	assert_int_equal(reading.message.answers[0].weight, 2);
	end(&reading);
}

#define ANSWER_OF "0001 8180 0000 0001 0000 0000 00"

static void refuses_data_that_is_not_as_long_as_said(void **state)
{
	(void)state;
	assert_refused(ANSWER_OF "0001 0001 00000000 0005 c000020a00");
	assert_refused(ANSWER_OF "0001 0001 00000000 0003 c00002");
	assert_refused(ANSWER_OF "001c 0001 00000000 0004 c000020a");
	assert_refused(ANSWER_OF "0005 0001 00000000 0004 0161 00 00");
	assert_refused(ANSWER_OF "0005 0001 00000000 0002 0161 00");
	assert_refused(ANSWER_OF "0021 0001 00000000 0006 0000 0000 01bb 00");
	assert_refused(ANSWER_OF "0063 0001 00000000 ffff 00");
}

static void leaves_out_other_types_and_classes(void **state)
{
	struct reading reading;

	(void)state;
	begin(&reading, "0001 8180 0000 0004 0000 0000"
			"00 0063 0001 00000000 0002 abcd"
			"00 0001 0003 00000000 0004 c000020a"
			"00 0010 0001 00000000 0002 0161"
			"00 0001 0001 80000000 0004 c000020a");
	assert_true(reading.is_read);
	assert_int_equal(reading.message.answer_count, 2);
	assert_int_equal(reading.message.answers[0].type, DNS_TXT);
	assert_int_equal(reading.message.answers[1].type, DNS_A);
	/* RFC 2181 8: with the first bit set it is none */
	assert_int_equal(reading.message.answers[1].ttl_s, 0);
	end(&reading);
}

/* A message with count addresses of the root. */
static struct octets many_answers(size_t count)
{
	static const uint8_t record[] = {0, 0, 1, 0, 1, 0, 0, 0,
					 0, 0, 4, 1, 2, 3, 4};
	struct octets octets = {calloc(1, 12 + count * sizeof(record)), 12};

	octets.data[2] = 0x80;
	octets.data[6] = (uint8_t)(count >> 8);
	octets.data[7] = (uint8_t)count;
	for (size_t i = 0; i < count; i++) {
		memcpy(octets.data + octets.length, record, sizeof(record));
		octets.length += sizeof(record);
	}
	return octets;
}

static void keeps_no_more_records_than_it_may(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct octets octets = many_answers(DNS_RECORDS_MAX + more);
		struct arena *arena = arena_new();
		struct dns_message message;
		const char *why;

		assert_true(dns_decode(arena, &message, octets.data,
				       octets.length, &why));
		assert_int_equal(message.answer_count, DNS_RECORDS_MAX);
		assert_int_equal(message.answers_cut, more);
		arena_free(arena);
		free(octets.data);
	}
}

static void asks_what_is_understood_again(void **state)
{
	struct octets expected =
		octets_hex("abcd 0100 0001 0000 0000 0000" SIP_TLS CONTOSO_COM
			   "0021 0001");
	uint8_t buffer[128];
	size_t length = dns_encode_query(buffer, sizeof(buffer), 0xabcd,
					 "_sip._tls.contoso.com.", DNS_SRV);

	(void)state;
	assert_int_equal(length, expected.length);
	assert_memory_equal(buffer, expected.data, length);
	for (size_t room = 0; room < length; room++) {
		uint8_t *small = malloc(room);

		assert_int_equal(dns_encode_query(small, room, 1,
						  "_sip._tls.contoso.com",
						  DNS_SRV),
				 0);
		free(small);
	}
	free(expected.data);
}

#define LABEL_OF_64                                                            \
	"a1234567890123456789012345678901234567890123456789012345678901"       \
	"23"

static void asks_for_no_unlawful_name(void **state)
{
	static const char *const names[] = {
		"",	   "..",	  ".a",
		"a..b",	   "a b",	  "a\\046b",
		"\x1b[2J", "\xc3\xa4.de", LABEL_OF_64 ".com",
	};
	uint8_t buffer[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(dns_encode_query(buffer, sizeof(buffer), 1,
						  names[i], DNS_A),
				 0);
	assert_int_equal(
		dns_encode_query(buffer, sizeof(buffer), 1, ".", DNS_NS),
		12 + 1 + 4);
}

static void asks_for_no_name_that_is_too_long(void **state)
{
	uint8_t buffer[512];
	char name[256];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0'; /* 127 labels of one: 255 octets with the root */
	assert_int_equal(
		dns_encode_query(buffer, sizeof(buffer), 1, name, DNS_A),
		12 + 255 + 4);
	name[253] = '.';
	name[255] = '\0';
	assert_int_equal(
		dns_encode_query(buffer, sizeof(buffer), 1, name, DNS_A), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_service_record),
		cmocka_unit_test(reads_aliases_and_addresses),
		cmocka_unit_test(reads_that_a_name_does_not_exist),
		cmocka_unit_test(reads_the_flags_of_a_cut_answer),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(survives_every_flipped_bit),
		cmocka_unit_test(refuses_compression_that_does_not_lead_back),
		cmocka_unit_test(refuses_a_name_that_is_too_long),
		cmocka_unit_test(escapes_odd_bytes_in_names),
		cmocka_unit_test(writes_the_root_as_a_dot),
		cmocka_unit_test(refuses_data_that_is_not_as_long_as_said),
		cmocka_unit_test(leaves_out_other_types_and_classes),
		cmocka_unit_test(keeps_no_more_records_than_it_may),
		cmocka_unit_test(asks_what_is_understood_again),
		cmocka_unit_test(asks_for_no_unlawful_name),
		cmocka_unit_test(asks_for_no_name_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
