#include "probes/serve/gateway.h"

#include "probes/serve/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct topology *topology;
static struct gateway gateway;
static struct gateway_talk talk;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	topology = topology_new(arena);
	topology->domains[topology->domain_count++] = "contoso.com";
	topology->domains[topology->domain_count++] = "fabrikam.com";
	gateway = (struct gateway){.topology = topology};
	memset(&talk, 0, sizeof(talk));
	xmpp_begin(&talk.reader);
	talk.number = 7;
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *header(const char *to)
{
	const struct xmpp_opening opening = {.from = "edgeprobe.invalid",
					     .to = to};
	char *text = arena_alloc(arena, 1024);

	assert_true(xmpp_open(text, 1024, &opening));
	return text;
}

static enum gateway_next hear(const char *words, const char **answer)
{
	return gateway_hear(arena, &gateway, &talk, words, strlen(words),
			    answer);
}

/* The answer, read as a peer reads it; the last event. */
static enum xmpp_event read_answer(struct xmpp_reader *reader,
				   const char *answer)
{
	enum xmpp_event event = XMPP_MORE, last;
	size_t left = strlen(answer), used;

	do {
		last = event;
		event = xmpp_read(reader, answer, left, &used);
		answer += used;
		left -= used;
	} while (event != XMPP_MORE && event != XMPP_BROKEN);
	return event == XMPP_BROKEN ? event : last;
}

static void offers_tls_and_then_sasl(void **state)
{
	struct xmpp_reader reader;
	const char *answer;

	(void)state;
	assert_int_equal(hear(header("FABRIKAM.com"), &answer), GATEWAY_STAYS);
	xmpp_begin(&reader);
	assert_int_equal(read_answer(&reader, answer), XMPP_FEATURES);
	assert_string_equal(reader.from, "FABRIKAM.com");
	assert_string_equal(reader.to, "edgeprobe.invalid");
	assert_int_equal(reader.id_length, strlen("edgesim-7"));
	assert_true(reader.has_starttls);
	assert_true(reader.requires_tls);
	assert_true(reader.has_dialback);
	assert_int_equal(reader.mechanism_count, 0);

	assert_int_equal(hear(XMPP_SAY_STARTTLS "<left over", &answer),
			 GATEWAY_SECURES);
	assert_int_equal(read_answer(&reader, answer), XMPP_PROCEED);

	assert_int_equal(hear(header("contoso.com"), &answer), GATEWAY_STAYS);
	xmpp_begin(&reader);
	assert_int_equal(read_answer(&reader, answer), XMPP_FEATURES);
	assert_false(reader.has_starttls);
	assert_int_equal(reader.mechanism_count, 1);
	assert_string_equal(reader.mechanisms[0], "EXTERNAL");

	assert_int_equal(hear(XMPP_SAY_END, &answer), GATEWAY_LEAVES);
	assert_int_equal(read_answer(&reader, answer), XMPP_END);
}

static void listens_a_byte_at_a_time(void **state)
{
	const char *words = header("contoso.com"), *answer;

	(void)state;
	for (; words[1]; words++) {
		assert_int_equal(
			gateway_hear(arena, &gateway, &talk, words, 1, &answer),
			GATEWAY_STAYS);
		assert_string_equal(answer, "");
	}
	gateway_hear(arena, &gateway, &talk, words, 1, &answer);
	assert_non_null(strstr(answer, "<stream:features>"));
}

static void refuses_what_is_not_for_it(void **state)
{
	const struct {
		const char *to, *words, *error;
		struct quirks quirks;
	} cases[] = {
		{"litware.com", "", "host-unknown", quirks_none},
		{"contoso.com", "", "host-unknown",
		 quirks_of(QUIRK_HOST_UNKNOWN)},
		{"contoso.com", "<db:result from='a' to='b'>x</db:result>",
		 "not-authorized", quirks_none},
		{"contoso.com", "<!-- -->", "not-well-formed", quirks_none},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xmpp_reader reader;
		const char *answer;

		gateway.quirks = cases[i].quirks;
		xmpp_begin(&talk.reader);
		assert_int_equal(
			hear(arena_format(arena, "%s%s", header(cases[i].to),
					  cases[i].words),
			     &answer),
			GATEWAY_LEAVES);
		xmpp_begin(&reader);
		assert_int_equal(read_answer(&reader, answer), XMPP_END);
		assert_string_equal(reader.error, cases[i].error);
	}
}

static void quirk_takes_tls_away(void **state)
{
	struct xmpp_reader reader;
	const char *answer;

	(void)state;
	gateway.quirks = quirks_of(QUIRK_NO_STARTTLS);
	hear(header("contoso.com"), &answer);
	xmpp_begin(&reader);
	assert_int_equal(read_answer(&reader, answer), XMPP_FEATURES);
	assert_false(reader.has_starttls);
	assert_int_equal(hear(XMPP_SAY_STARTTLS, &answer), GATEWAY_LEAVES);
	assert_non_null(strstr(answer, "<failure "));
}

/* A domain is repeated in the answer: it must not break out of its quotes. */
static void repeats_no_word_that_breaks_out(void **state)
{
	const char *answer;

	(void)state;
	assert_int_equal(
		hear("<stream:stream from=\"a'b\" to='contoso.com' "
		     "xmlns:stream='http://etherx.jabber.org/streams'>",
		     &answer),
		GATEWAY_LEAVES);
	assert_string_equal(answer, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(offers_tls_and_then_sasl, begin,
						end),
		cmocka_unit_test_setup_teardown(listens_a_byte_at_a_time, begin,
						end),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_for_it,
						begin, end),
		cmocka_unit_test_setup_teardown(quirk_takes_tls_away, begin,
						end),
		cmocka_unit_test_setup_teardown(repeats_no_word_that_breaks_out,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
