/* topology_fuzz.c - any bytes as a topology file. */
#include "tests/fuzz/fuzz.h"

#include "common/model/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct fuzz_sample samples[] = {
	{"[deployment]\n"
	 "product = sfb2015\n"
	 "topology = scaled-hlb\n"
	 "sip-domains = contoso.com, fabrikam.com ; two\n"
	 "internal-domain = contoso.net\n"
	 "features = remote-access webconf av federation\n"
	 "[names]\n"
	 "access = sip.contoso.com\n"
	 "[ports]\n"
	 "av-udp = 3478\n"
	 "[relay]\n"
	 "first = 50000\n"
	 "count = 10000\n"
	 "[web]\n"
	 "external = webext.contoso.com\n"
	 "meet = https://meet.contoso.com/\n"
	 "address = 192.0.2.40\n"
	 "[edge edge1]\n"
	 "access = 192.0.2.10 2001:db8::10\n"
	 "webconf = 192.0.2.20\n"
	 "av = 192.0.2.30\n"
	 "[edge edge2]\n"
	 "access = 192.0.2.11\n"
	 "webconf = 192.0.2.21\n"
	 "av = 192.0.2.31\n"
	 "[vip hlb]\n"
	 "access = 192.0.2.12\n",
	 false},
	{"[deployment]\n"
	 "topology = single-nat\n"
	 "sip-domains =\n"
	 "\tcontoso.com\n"
	 "\tfabrikam.com\n"
	 "[edge e]\n"
	 "access = 172.16.0.10\n"
	 "access-public = 192.0.2.10\n"
	 "internal = 172.25.33.10\n",
	 false},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 0,
};

/* Read through a path, as a user's file is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct arena *arena = arena_new();
	const char *why = NULL;
	char path[64];
	int file = memfd_create("topology", MFD_CLOEXEC);

	if (file < 0 || write(file, data, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (!topology_read(arena, path, &why) && !why)
		abort();
	close(file);
	arena_free(arena);
	return 0;
}
