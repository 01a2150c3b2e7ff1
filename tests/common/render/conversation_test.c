#include "common/render/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct talk {
	struct arena *arena;
	struct observation_list list;
	char *text;
	size_t length;
};

static void setup(struct talk *talk)
{
	*talk = (struct talk){.arena = arena_new()};
}

static struct observation *add(struct talk *talk, const char *probe,
			       enum outcome outcome, const char *detail)
{
	struct observation *seen =
		arena_alloc(talk->arena, sizeof(struct observation));
	const char *why;

	*seen = (struct observation){.probe = probe,
				     .outcome = outcome,
				     .phase = "relay",
				     .detail = detail};
	assert_true(
		endpoint_parse("192.0.2.30:3478", 0, &seen->endpoint, &why));
	seen->endpoint.transport = TRANSPORT_UDP;
	observation_list_add(talk->arena, &talk->list, seen);
	return seen;
}

static struct observation *add_path(struct talk *talk, enum outcome outcome,
				    unsigned out, unsigned back)
{
	struct arena *arena = talk->arena;
	struct observation *seen = add(talk, "relay-path", outcome, "");

	observation_add_text(arena, seen, "relay.peer", "198.51.100.9:4000");
	observation_add_number(arena, seen, "relay.sent", FACT_UINT, 5);
	observation_add_number(arena, seen, "relay.out", FACT_UINT, out);
	observation_add_number(arena, seen, "relay.back", FACT_UINT, back);
	return seen;
}

static void print(struct talk *talk)
{
	FILE *out = open_memstream(&talk->text, &talk->length);
	const struct layout layout = {
		.out = out, .arena = talk->arena, .width = 80};

	conversation_print(&layout, &talk->list);
	fclose(out);
}

static void teardown(struct talk *talk)
{
	free(talk->text);
	arena_free(talk->arena);
}

static unsigned times(const struct talk *talk, const char *words)
{
	unsigned count = 0;

	for (const char *at = talk->text; (at = strstr(at, words)); at++)
		count++;
	return count;
}

static void tells_what_came_back_from_the_active_destination(void **state)
{
	struct talk talk;
	struct observation *seen;

	(void)state;
	setup(&talk);
	seen = add_path(&talk, OUTCOME_ANSWERED, 5, 5);
	observation_add_number(talk.arena, seen, "relay.direct", FACT_UINT, 4);
	observation_add_number(talk.arena, seen, "relay.largest", FACT_UINT,
			       1372);
	print(&talk);
	assert_int_equal(times(&talk, "UDP 192.0.2.30:3478\n"), 1);
	assert_int_equal(times(&talk, "    through the relay  5 packets to "
				      "198.51.100.9:4000, 5 arrived, 5 came "),
			 1);
	assert_int_equal(times(&talk, "    active destination 4 packets came "
				      "back, the largest of 1372 bytes\n"),
			 1);
	teardown(&talk);
}

static void tells_that_an_active_destination_is_refused(void **state)
{
	struct talk talk;
	struct observation *seen;

	(void)state;
	setup(&talk);
	seen = add_path(&talk, OUTCOME_ANSWERED, 5, 5);
	observation_add_number(talk.arena, seen, "relay.direct_error",
			       FACT_UINT, 500);
	print(&talk);
	assert_int_equal(
		times(&talk, "    active destination refused with 500\n"), 1);
	teardown(&talk);
}

/* Then nothing is said of what was not tried. */
static void tells_a_silent_path_by_its_counts(void **state)
{
	struct talk talk;

	(void)state;
	setup(&talk);
	add_path(&talk, OUTCOME_NO_REPLY, 5, 0);
	print(&talk);
	assert_int_equal(times(&talk, "5 arrived, 0 came back\n"), 1);
	assert_int_equal(times(&talk, "active destination"), 0);
	teardown(&talk);
}

static void tells_once_why_there_is_no_path(void **state)
{
	struct talk talk;

	(void)state;
	setup(&talk);
	add(&talk, "relay-path", OUTCOME_LOCAL, "the peer is not there");
	print(&talk);
	assert_int_equal(times(&talk, "the peer is not there"), 1);
	assert_int_equal(times(&talk, "through the relay"), 1);
	teardown(&talk);
}

static void says_nothing_of_other_probes(void **state)
{
	struct talk talk;

	(void)state;
	setup(&talk);
	add(&talk, "dns", OUTCOME_ANSWERED, "");
	print(&talk);
	assert_string_equal(talk.text, "");
	teardown(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			tells_what_came_back_from_the_active_destination),
		cmocka_unit_test(tells_that_an_active_destination_is_refused),
		cmocka_unit_test(tells_a_silent_path_by_its_counts),
		cmocka_unit_test(tells_once_why_there_is_no_path),
		cmocka_unit_test(says_nothing_of_other_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
