#include "common/render/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UDP "192.0.2.30:3478"
#define TCP "192.0.2.30:443"

struct talk {
	struct arena *arena;
	struct observation_list list;
};

static void begin(struct talk *talk)
{
	*talk = (struct talk){.arena = arena_new()};
}

static struct observation *see(struct talk *talk, const char *probe,
			       const char *at, enum transport transport)
{
	struct observation *seen = observation_new(talk->arena);
	const char *why;

	assert_true(endpoint_parse(at, 0, &seen->endpoint, &why));
	seen->probe = probe;
	seen->endpoint.transport = transport;
	seen->subject = "-";
	seen->outcome = OUTCOME_ANSWERED;
	seen->detail = "";
	seen->phase = "allocate";
	seen->duration_us = 12300;
	observation_list_add(talk->arena, &talk->list, seen);
	return seen;
}

static struct observation *end(struct observation *seen, enum outcome outcome,
			       const char *detail)
{
	seen->outcome = outcome;
	seen->detail = detail;
	return seen;
}

static void number(struct talk *talk, struct observation *seen, const char *key,
		   int64_t value)
{
	observation_add_number(talk->arena, seen, key, FACT_UINT, value);
}

static void text(struct talk *talk, struct observation *seen, const char *key,
		 const char *value)
{
	observation_add_text(talk->arena, seen, key, value);
}

static void is_told(struct talk *talk, const char *expected)
{
	char *told;
	size_t length;
	FILE *out = open_memstream(&told, &length);
	const struct layout layout = {
		.out = out, .arena = talk->arena, .width = 200};

	conversation_print(&layout, &talk->list);
	fclose(out);
	assert_string_equal(told, expected);
	free(told);
	arena_free(talk->arena);
}

static void challenge(struct talk *talk, struct observation *seen)
{
	number(talk, seen, "turn.error_code", 401);
	text(talk, seen, "turn.error_reason", "Unauthorized");
	text(talk, seen, "turn.realm", "rtcmedia");
	number(talk, seen, "turn.ms_version", 6);
}

static void grant(struct talk *talk, struct observation *seen)
{
	text(talk, seen, "turn.mapped_address", "192.0.2.30:50123");
	text(talk, seen, "turn.xor_mapped_address", "198.51.100.9:40000");
	text(talk, seen, "turn.integrity", "verified");
	number(talk, seen, "turn.lifetime_s", 60);
}

static void relay(struct talk *talk, struct observation *seen, int64_t out,
		  int64_t back)
{
	text(talk, seen, "relay.peer", "203.0.113.5:40001");
	number(talk, seen, "relay.sent", 5);
	number(talk, seen, "relay.back", back);
	number(talk, seen, "relay.out", out);
	if (out)
		text(talk, seen, "relay.source", "192.0.2.30:50123");
	number(talk, seen, "relay.rtt_us", 4200);
	number(talk, seen, "relay.rtt_max_us", 9900);
	number(talk, seen, "relay.jitter_us", 310);
}

static void see_healthy(struct talk *talk, bool is_udp)
{
	const char *at = is_udp ? UDP : TCP;
	enum transport transport = is_udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	struct observation *seen;

	seen = see(talk, is_udp ? "msturn-relay" : "msturn-relay-tcp", at,
		   transport);
	grant(talk, seen);
	seen = see(talk, is_udp ? "relay-path" : "relay-path-tcp", at,
		   transport);
	relay(talk, seen, 5, 5);
	number(talk, seen, "relay.direct", 5);
	number(talk, seen, "relay.largest", 1472);
	seen = see(talk, "msturn-release", at, transport);
	seen->detail = "released";
	seen = see(talk, is_udp ? "msturn-allocate" : "msturn-allocate-tcp", at,
		   transport);
	challenge(talk, seen);
}

/* In whichever order it came: by address, UDP first, as it was said. */
static void tells_a_healthy_conversation_over_both_transports(void **state)
{
	struct talk talk;

	(void)state;
	begin(&talk);
	see_healthy(&talk, false);
	see_healthy(&talk, true);
	is_told(&talk,
		"  UDP 192.0.2.30:3478\n"
		"    no credentials     401 Unauthorized, realm rtcmedia, "
		"MS-Version 6, in 12.3 ms\n"
		"    allocation         192.0.2.30:50123 for 60 s, which sees "
		"us as 198.51.100.9:40000, integrity verified\n"
		"    through the relay  5 packets to 203.0.113.5:40001, 5 "
		"arrived from 192.0.2.30:50123, 5 came back, in 4.2 ms to 9.9 "
		"ms, jitter 0.3 ms\n"
		"    active destination 5 packets came back, the largest of "
		"1472 bytes\n"
		"    release            released\n"
		"  TCP 192.0.2.30:443\n"
		"    no credentials     401 Unauthorized, realm rtcmedia, "
		"MS-Version 6, in 12.3 ms\n"
		"    allocation         192.0.2.30:50123 for 60 s, which sees "
		"us as 198.51.100.9:40000, integrity verified\n"
		"    through the relay  5 packets to 203.0.113.5:40001, 5 "
		"arrived from 192.0.2.30:50123, 5 came back, in 4.2 ms to 9.9 "
		"ms, jitter 0.3 ms\n"
		"    active destination 5 packets came back, the largest of "
		"1472 bytes\n"
		"    release            released\n");
}

static void tells_a_refusal_and_where_it_came_from(void **state)
{
	struct observation *seen;
	struct talk talk;

	(void)state;
	begin(&talk);
	seen = see(&talk, "msturn-relay", UDP, TRANSPORT_UDP);
	text(&talk, seen, "turn.redirect", "192.0.2.31:3478");
	text(&talk, seen, "turn.redirect", "192.0.2.32:3478");
	number(&talk, seen, "turn.error_code", 486);
	text(&talk, seen, "turn.error_reason", "Allocation Quota Reached");
	is_told(&talk,
		"  UDP 192.0.2.30:3478\n"
		"    allocation         sent on to 192.0.2.31:3478, sent on to "
		"192.0.2.32:3478, 486 Allocation Quota Reached, in 12.3 ms\n");
}

static void tells_silence_in_its_own_words(void **state)
{
	struct talk talk;

	(void)state;
	begin(&talk);
	end(see(&talk, "msturn-allocate", UDP, TRANSPORT_UDP), OUTCOME_NO_REPLY,
	    "no reply to 4 requests in 7.5 s");
	end(see(&talk, "msturn-allocate-tcp", TCP, TRANSPORT_TCP),
	    OUTCOME_REFUSED, "")
		->phase = "connect";
	is_told(&talk, "  UDP 192.0.2.30:3478\n"
		       "    no credentials     no reply to 4 requests in 7.5 "
		       "s\n"
		       "  TCP 192.0.2.30:443\n"
		       "    no credentials     refused (connect)\n");
}

/* What came of the packets says more than that nothing came back. */
static void tells_a_path_that_is_cut(void **state)
{
	struct observation *seen;
	struct talk talk;

	(void)state;
	begin(&talk);
	seen = see(&talk, "relay-path", UDP, TRANSPORT_UDP);
	relay(&talk, end(seen, OUTCOME_NO_REPLY, "none came back"), 5, 0);
	seen = see(&talk, "relay-path-tcp", TCP, TRANSPORT_TCP);
	end(seen, OUTCOME_LOCAL, "name a peer with --peer");
	is_told(&talk, "  UDP 192.0.2.30:3478\n"
		       "    through the relay  5 packets to 203.0.113.5:40001, "
		       "5 arrived from 192.0.2.30:50123, 0 came back\n"
		       "  TCP 192.0.2.30:443\n"
		       "    through the relay  name a peer with --peer\n");
}

static void tells_whether_the_inside_is_reached(void **state)
{
	struct talk talk;

	(void)state;
	for (int willing = 0; willing < 2; willing++) {
		struct observation *seen;

		begin(&talk);
		seen = see(&talk, "relay-abuse", UDP, TRANSPORT_UDP);
		text(&talk, seen, "relay.peer", "10.0.0.1:9");
		observation_add_number(talk.arena, seen, "relay.private",
				       FACT_FLAG, willing);
		is_told(&talk, willing ? "  UDP 192.0.2.30:3478\n"
					 "    to the inside      willing to "
					 "relay to 10.0.0.1:9\n"
				       : "  UDP 192.0.2.30:3478\n"
					 "    to the inside      refuses to "
					 "relay to 10.0.0.1:9\n");
	}
}

/* A terminal obeys what stands in a reason: it never gets there. */
static void shows_what_an_enemy_writes_and_obeys_nothing(void **state)
{
	struct observation *seen;
	struct talk talk;

	(void)state;
	begin(&talk);
	seen = see(&talk, "msturn-allocate", UDP, TRANSPORT_UDP);
	number(&talk, seen, "turn.error_code", 401);
	text(&talk, seen, "turn.error_reason", "\x1b[2J%s%n");
	text(&talk, seen, "turn.realm", "a\nb\r\x07\x9b");
	is_told(&talk, "  UDP 192.0.2.30:3478\n"
		       "    no credentials     401 \\x1b[2J%s%n, realm "
		       "a\\x0ab\\x0d\\x07\\x9b, in 12.3 ms\n");
}

static void says_nothing_of_other_probes(void **state)
{
	struct talk talk;

	(void)state;
	begin(&talk);
	see(&talk, "dns", UDP, TRANSPORT_UDP);
	see(&talk, "sip", TCP, TRANSPORT_TCP);
	is_told(&talk, "");
}

static void goes_by_address(void **state)
{
	static const char *const places[] = {
		"192.0.2.31:3478", "[2001:db8::1]:3478", "192.0.2.30:3478"};
	struct talk talk;

	(void)state;
	begin(&talk);
	for (size_t i = 0; i < 3; i++)
		end(see(&talk, "msturn-allocate", places[i], TRANSPORT_UDP),
		    OUTCOME_NO_REPLY, "silent");
	is_told(&talk, "  UDP 192.0.2.30:3478\n"
		       "    no credentials     silent\n"
		       "  UDP 192.0.2.31:3478\n"
		       "    no credentials     silent\n"
		       "  UDP [2001:db8::1]:3478\n"
		       "    no credentials     silent\n");
}

/* As a record may that somebody wrote by hand. */
static void lacks_facts_without_a_fault(void **state)
{
	static const char *const probes[] = {"msturn-relay", "relay-path",
					     "relay-abuse", "msturn-release"};
	struct talk talk;

	(void)state;
	begin(&talk);
	for (size_t i = 0; i < 4; i++)
		see(&talk, probes[i], UDP, TRANSPORT_UDP);
	is_told(&talk, "  UDP 192.0.2.30:3478\n"
		       "    allocation         no address for 0 s, integrity "
		       "absent\n"
		       "    through the relay  0 packets to nobody, 0 came "
		       "back\n"
		       "    to the inside      refuses to relay to private "
		       "addresses\n"
		       "    release            \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			tells_a_healthy_conversation_over_both_transports),
		cmocka_unit_test(tells_a_refusal_and_where_it_came_from),
		cmocka_unit_test(tells_silence_in_its_own_words),
		cmocka_unit_test(tells_a_path_that_is_cut),
		cmocka_unit_test(tells_whether_the_inside_is_reached),
		cmocka_unit_test(shows_what_an_enemy_writes_and_obeys_nothing),
		cmocka_unit_test(says_nothing_of_other_probes),
		cmocka_unit_test(goes_by_address),
		cmocka_unit_test(lacks_facts_without_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
