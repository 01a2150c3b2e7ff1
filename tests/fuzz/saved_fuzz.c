/* saved_fuzz.c - any bytes as the saved document of a run. */
#include "tests/fuzz/fuzz.h"

#include "common/render/saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct fuzz_sample samples[] = {
	{"{\"schema\":\"edgeprobe/1\",\"tool\":\"edgeprobe 0.1.0\","
	 "\"run\":\"5f0c9a1e\",\"vantage\":\"outside\","
	 "\"target\":\"contoso.com\","
	 "\"started\":\"2026-01-01T10:00:00.000Z\",\"duration_ms\":34,"
	 "\"given\":{\"asked\":\"contoso.com\",\"sip_domains\":[\"a.com\"],"
	 "\"names\":{\"access\":\"sip.a.com\"},\"ports\":{\"access\":444},"
	 "\"product\":\"sfb2019\",\"kind\":\"single-nat\",\"connect\":"
	 "[{\"name\":\"a.b\",\"port\":1,\"to\":\"192.0.2.1:2\"}],"
	 "\"mission\":{\"purpose\":\"role\",\"role\":\"director\","
	 "\"hosts\":[{\"node\":\"d\",\"name\":null,\"address\":"
	 "\"192.0.2.3\"}]},"
	 "\"family\":\"ipv4\"},"
	 "\"observations\":[{\"run\":\"5f0c9a1e\",\"id\":7,\"probe\":\"sip\","
	 "\"vantage\":\"outside\",\"source\":\"198.51.100.9\","
	 "\"at\":\"2026-01-01T10:00:00.031Z\",\"subject\":\"-\","
	 "\"endpoint\":{\"name\":\"av\",\"address\":\"192.0.2.30\","
	 "\"port\":3478,\"transport\":\"udp\"},\"outcome\":\"answered\","
	 "\"phase\":\"x\",\"detail\":\"\",\"duration_ms\":51,"
	 "\"facts\":{\"a.number\":401,\"b.bytes\":\"AAECAw==\","
	 "\"c.time\":\"2026-01-01T10:00:00.031Z\",\"d\":[true,\"\\\\x1b\"]},"
	 "\"trace\":[{\"ms\":0,\"phase\":\"send\"}]}],"
	 "\"verdicts\":[{\"requirement\":\"a\",\"node\":\"-\",\"subject\":"
	 "\"-\",\"vantage\":\"outside\",\"needed\":true,\"state\":\"wrong\","
	 "\"because\":\"b\"}]}",
	 false},
	{"{\"schema\":\"edgeprobe/1\"}", false},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 2048,
};

/* Each type of fact by the first letter of its key. */
static bool type_of(const char *key, enum fact_type *type)
{
	static const char letters[] = "tabucd";
	static const enum fact_type types[] = {FACT_TEXT, FACT_UINT, FACT_BYTES,
					       FACT_INT,  FACT_TIME, FACT_FLAG};
	const char *at = *key ? strchr(letters, *key) : NULL;

	if (at)
		*type = types[at - letters];
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct arena *arena = arena_new();
	const char *why = NULL;
	char path[64];
	int file = memfd_create("saved", MFD_CLOEXEC);

	if (file < 0 || write(file, data, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (!saved_read(arena, path, type_of, &why) && !why)
		abort();
	close(file);
	arena_free(arena);
	return 0;
}
