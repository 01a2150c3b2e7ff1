#include "common/wire/host_json.h"

#include "tests/common/wire/host_samples.h"
#include "tests/common/wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define REPORT_US INT64_C(1767261600500000) /* 2026-01-01T10:00:00.5Z */

static struct arena *arena;
static struct host host;

static bool read_bytes(const void *data, size_t length, const char **why)
{
	struct octets octets = octets_copy(data, length);
	bool is_whole;

	host = host_new(arena);
	is_whole = host_json_read(&host, octets.data, octets.length, why);
	free(octets.data);
	assert_true(is_whole == !*why);
	return is_whole;
}

static void read_text(const char *text)
{
	const char *why;

	if (!read_bytes(text, strlen(text), &why))
		fail_msg("%s: %s", why, text);
}

/* Why it is refused. */
static const char *refuse(const char *text)
{
	const char *why;

	assert_false(read_bytes(text, strlen(text), &why));
	return why;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct host_address *find(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return host_has(&host, &address);
}

static void reads_a_whole_report(void **state)
{
	struct address pool;

	(void)state;
	read_text(HOST_REPORT);
	assert_string_equal(host.name, "EDGE1");
	assert_true(host.clock_us == REPORT_US);
	assert_int_equal(host.address_count, 6);
	assert_int_equal(host.route_count, 3);
	assert_int_equal(host.switch_count, 3);
	assert_int_equal(host.connection_count, 3);
	assert_false(host.is_cut);
	assert_string_equal(host_interface(&host, 4)->name, "External LAN");
	assert_true(host_interface(&host, 1)->is_loopback);
	assert_false(host_interface(&host, 7)->is_loopback);
	assert_true(address_parse("10.1.0.11", &pool));
	assert_int_equal(host_way(&host, &pool)->interface, 7);
	assert_true(
		address_equal(&host.sources[0], &find("10.45.16.10")->address));
	assert_int_equal(host.sources[1].family, 0);
}

static void ranks_addresses_by_who_may_be_a_source(void **state)
{
	(void)state;
	read_text(HOST_REPORT);
	assert_int_equal(find("10.45.16.10")->rank, HOST_PRIMARY);
	assert_int_equal(find("10.45.16.20")->rank, HOST_SPARED);
	assert_int_equal(find("172.25.33.10")->rank, HOST_PRIMARY);
}

/* Get-NetIPAddress has them in no order that anybody documents. */
static void knows_no_order_among_rivals(void **state)
{
	(void)state;
	read_text("{\"NetIPAddress\":["
		  "{\"ifIndex\":4,\"IPAddress\":\"192.0.2.10\"},"
		  "{\"ifIndex\":4,\"IPAddress\":\"192.0.2.20\"},"
		  "{\"ifIndex\":5,\"IPAddress\":\"10.0.0.1\"}]}");
	assert_int_equal(find("192.0.2.10")->rank, HOST_UNRANKED);
	assert_int_equal(find("192.0.2.20")->rank, HOST_UNRANKED);
	assert_int_equal(find("10.0.0.1")->rank, HOST_PRIMARY);
}

static void tells_kept_routes_from_others(void **state)
{
	(void)state;
	read_text(HOST_REPORT);
	assert_int_equal(host.routes[0].keeping, HOST_KEPT);
	assert_int_equal(host.routes[1].keeping, HOST_VOLATILE);
	assert_int_equal(host.routes[2].keeping, HOST_KEPT);
	read_text("{\"NetRoute\":[{\"ifIndex\":7,\"DestinationPrefix\":"
		  "\"10.0.0.0/8\",\"NextHop\":\"172.25.33.1\"}]}");
	assert_int_equal(host.routes[0].keeping, HOST_KEEPING_UNKNOWN);
	assert_false(host.has_kept);
}

static void takes_enumerations_as_numbers_and_as_words(void **state)
{
	(void)state;
	read_text(HOST_REPORT);
	for (size_t i = 0; i < host.switch_count; i++)
		assert_false(host.switches[i].is_on);
	assert_int_equal(host.connections[0].link, HOST_LISTENS);
	assert_int_equal(host.connections[1].link, HOST_ESTABLISHED);
	assert_int_equal(host.connections[2].link, HOST_SENT);
	read_text("{\"NetIPInterface\":["
		  "{\"ifIndex\":1,\"AddressFamily\":\"IPv4\","
		  "\"Forwarding\":\"Enabled\"},"
		  "{\"ifIndex\":1,\"AddressFamily\":23,\"Forwarding\":1}]}");
	assert_true(host.switches[0].is_on);
	assert_true(host.switches[1].is_on);
	assert_int_equal(host.switches[1].family, AF_INET6);
}

static void takes_what_windows_powershell_makes_of_lists(void **state)
{
	(void)state;
	read_text(HOST_REPORT_OLD);
	assert_true(host.clock_us == REPORT_US);
	assert_int_equal(host.address_count, 1);
	assert_int_equal(host.addresses[0].rank, HOST_SPARED);
	assert_int_equal(host.route_count, 1);
	assert_int_equal(host.routes[0].gateway.family, AF_INET6);
	assert_int_equal(host.connection_count, 0);
}

static void takes_every_encoding_that_powershell_writes(void **state)
{
	static const struct {
		const char *mark;
		size_t length;
		bool is_wide, is_big;
	} cases[] = {
		{"\xef\xbb\xbf", 3, false, false},
		{"\xff\xfe", 2, true, false},
		{"\xfe\xff", 2, true, true},
		{"", 0, true, false},
		{"", 0, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static char data[2 * sizeof(HOST_REPORT) + 3];
		size_t length = cases[i].length;
		const char *why;

		memcpy(data, cases[i].mark, length);
		for (const char *at = HOST_REPORT; *at; at++) {
			if (cases[i].is_wide && cases[i].is_big)
				data[length++] = 0;
			data[length++] = *at;
			if (cases[i].is_wide && !cases[i].is_big)
				data[length++] = 0;
		}
		if (!read_bytes(data, length, &why))
			fail_msg("case %zu: %s", i, why);
		assert_int_equal(host.address_count, 6);
	}
}

static void keeps_letters_beyond_ascii(void **state)
{
	/* {"NetIPAddress":..."InterfaceAlias":"AU" with umlauts, U+1F310 */
	static const char head[] = "{\"NetIPAddress\":{\"ifIndex\":4,"
				   "\"IPAddress\":\"192.0.2.1\","
				   "\"InterfaceAlias\":\"";
	static const char tail[] = "\"}}";
	static const uint8_t odd[] = {0xc4, 0, 0x3c, 0xd8, 0x10, 0xdf};
	char data[512] = "\xff\xfe";
	size_t length = 2;
	const char *why;

	(void)state;
	for (const char *at = head; *at; at++, length += 2)
		data[length] = *at;
	memcpy(data + length, odd, sizeof(odd));
	length += sizeof(odd);
	for (const char *at = tail; *at; at++, length += 2)
		data[length] = *at;
	assert_true(read_bytes(data, length, &why));
	assert_string_equal(host.interfaces[0].name,
			    "\xc3\x84\xf0\x9f\x8c\x90");
	assert_false(read_bytes(data, length - 1, &why));
	assert_non_null(strstr(why, "breaks off"));
	data[length - sizeof(odd) - 4] = 'x'; /* half a pair */
	data[length - 2 * strlen(tail) - 1] = 0;
	assert_false(read_bytes(data, length, &why));
	assert_non_null(strstr(why, "half a character"));
}

static void names_the_section_and_entry_that_is_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "not JSON"},
		{"PS C:\\> Get-NetRoute", "line 1: not JSON"},
		{"[]", "no object"},
		{"{}", "none of the sections"},
		{"{\"NetRoute\":[7]}", "NetRoute, entry 1, the entry: no obj"},
		{"{\"NetRoute\":\"@{ifIndex=4}\"}", "-Depth"},
		{"{\"NetRoute\":[{\"ifIndex\":4,\"DestinationPrefix\":"
		 "\"0.0.0.0/0\",\"NextHop\":\"10.0.0.1\"},{\"ifIndex\":4}]}",
		 "NetRoute, entry 2, DestinationPrefix: missing"},
		{"{\"NetRoute\":[{\"ifIndex\":4,\"DestinationPrefix\":"
		 "\"10.0.0.1/8\",\"NextHop\":\"10.0.0.1\"}]}",
		 "bits set beyond"},
		{"{\"NetIPAddress\":[{\"ifIndex\":-4}]}",
		 "InterfaceIndex: not a number"},
		{"{\"NetIPAddress\":[{\"ifIndex\":4,\"IPAddress\":\"x\"}]}",
		 "IPAddress: not an address"},
		{"{\"NetIPAddress\":[{\"ifIndex\":4,\"IPAddress\":"
		 "\"10.0.0.1\",\"PrefixLength\":33}]}",
		 "PrefixLength: not a number that it could be"},
		{"{\"NetIPInterface\":[{\"ifIndex\":4,\"Forwarding\":1}]}",
		 "AddressFamily: neither"},
		{"{\"NetTCPConnection\":[{\"State\":5,\"LocalAddress\":"
		 "\"10.0.0.1\",\"LocalPort\":65536}]}",
		 "LocalPort: not a number"},
		{"{\"NetRoute\":[],\"Date\":\"2026-01-01T10:00:00\"}",
		 "offset from UTC"},
		{"{\"NetRoute\":[],\"Date\":\"/Date(1)x/\"}", "Date is no"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = refuse(cases[i].text);

		if (!strstr(why, cases[i].why))
			fail_msg("%s: %s", cases[i].text, why);
	}
}

static void refuses_every_truncation(void **state)
{
	const char *why;

	(void)state;
	for (size_t length = 0; length < strlen(HOST_REPORT) - 1; length++)
		if (read_bytes(HOST_REPORT, length, &why))
			fail_msg("%zu bytes are taken", length);
}

static void keeps_no_more_than_its_maxima(void **state)
{
	static char text[HOST_ADDRESSES_MAX * 64 + 256];
	size_t length = 0;

	(void)state;
	length += (size_t)snprintf(text, sizeof(text), "{\"NetIPAddress\":[");
	for (size_t i = 0; i <= HOST_ADDRESSES_MAX; i++)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length,
			"%s{\"ifIndex\":1,\"IPAddress\":\"10.0.%zu.%zu\"}",
			i ? "," : "", i / 256, i % 256);
	snprintf(text + length, sizeof(text) - length, "]}");
	read_text(text);
	assert_int_equal(host.address_count, HOST_ADDRESSES_MAX);
	assert_true(host.is_cut);
}

static void refuses_a_tree_that_costs_too_much(void **state)
{
	size_t length = HOST_JSON_VALUES_MAX + 2;
	char *text = malloc(length);
	const char *why;

	(void)state;
	memset(text, '[', length);
	assert_false(read_bytes(text, length, &why));
	assert_non_null(strstr(why, "too many values"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_report),
		cmocka_unit_test(ranks_addresses_by_who_may_be_a_source),
		cmocka_unit_test(knows_no_order_among_rivals),
		cmocka_unit_test(tells_kept_routes_from_others),
		cmocka_unit_test(takes_enumerations_as_numbers_and_as_words),
		cmocka_unit_test(takes_what_windows_powershell_makes_of_lists),
		cmocka_unit_test(takes_every_encoding_that_powershell_writes),
		cmocka_unit_test(keeps_letters_beyond_ascii),
		cmocka_unit_test(names_the_section_and_entry_that_is_wrong),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(keeps_no_more_than_its_maxima),
		cmocka_unit_test(refuses_a_tree_that_costs_too_much),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
