/*
 * host_fuzz.c - any bytes as a report of a host, and as what the kernel says
 * of one; what is noted of it reads the same again.
 */
#include "tests/fuzz/fuzz.h"

#include "common/model/host_seen.h"
#include "common/wire/host_json.h"
#include "common/wire/host_netlink.h"
#include "tests/common/wire/host_samples.h"

#include <stdlib.h>
#include <string.h>

static const struct fuzz_sample samples[] = {
	{HOST_REPORT_OLD, false},
	{"{\"NetRoute\":[{\"ifIndex\":4,\"DestinationPrefix\":\"0.0.0.0/0\","
	 "\"NextHop\":\"10.45.16.1\"}],\"NetIPInterface\":{\"ifIndex\":4,"
	 "\"AddressFamily\":2,\"Forwarding\":1}}",
	 false},
	/* {"NetIPAddress":{}} */
	{"fffe7b0022004e00650074004900500041006400640072006500730073002200"
	 "3a007b007d007d00",
	 true},
	/* a default route, as of x86 */
	{"34000000 1800 0000 03000000 00000000 02000000 fe030001 00000000"
	 "0800 0400 02000000 0800 0500 c0000201",
	 true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 1024,
};

static size_t facts_of(const struct observation *observation)
{
	size_t count = 0;

	for (const struct fact *fact = observation->facts; fact;
	     fact = fact->next)
		count++;
	return count;
}

static void check_again(struct arena *arena, const struct host *host)
{
	struct observation *first = observation_new(arena);
	struct observation *second = observation_new(arena);
	struct host again;

	host_seen_note(arena, first, host, true);
	again = host_seen_read(arena, first);
	if (again.address_count != host->address_count ||
	    again.route_count != host->route_count ||
	    again.connection_count != host->connection_count)
		abort();
	host_seen_note(arena, second, &again, true);
	if (facts_of(first) != facts_of(second))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct arena *arena = arena_new();
	struct host host = host_new(arena);
	const char *why = NULL;

	if (host_json_read(&host, data, length, &why))
		check_again(arena, &host);
	else if (!why)
		abort();
	host = host_new(arena);
	for (unsigned i = 0; i < HOST_NETLINK_QUESTIONS; i++)
		host_netlink_read(&host, i, data, length);
	check_again(arena, &host);
	arena_free(arena);
	return 0;
}
