/* import_fuzz.c - any bytes as a topology file of the product. */
#include "tests/fuzz/fuzz.h"

#include "common/plan/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEPLOY "urn:schema:Microsoft.Rtc.Management.Deploy."

static const struct fuzz_sample samples[] = {
	{"<Topology xmlns=\"" DEPLOY "Topology.2008\">"
	 "<InternalDomains DefaultDomain=\"a.com\">"
	 "<InternalDomain Name=\"a.com\"/></InternalDomains>"
	 "<Clusters><Cluster Fqdn=\"e.a\"><ClusterId SiteId=\"1\" "
	 "Number=\"1\"/><Machine Fqdn=\"m.a\"><NetInterface "
	 "InterfaceSide=\"External\" InterfaceNumber=\"1\" "
	 "IPAddress=\"192.0.2.1\"/></Machine></Cluster></Clusters>"
	 "<Services><Service ServiceVersion=\"8\"><ServiceId SiteId=\"1\" "
	 "RoleName=\"EdgeServer\" Instance=\"1\"/><InstalledOn>"
	 "<ClusterId SiteId=\"1\" Number=\"1\"/></InstalledOn><Ports>"
	 "<Port Owner=\"urn:component:AccessEdge\" Usage=\"SipClient\" "
	 "Port=\"443\" InterfaceSide=\"External\" "
	 "InterfaceNumber=\"1\"/></Ports></Service></Services>"
	 "</Topology>",
	 false},
	{"PK\x03\x04", false},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 1024,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct arena *arena = arena_new();
	const char *why = NULL;
	char path[64];
	int file = memfd_create("import", MFD_CLOEXEC);

	if (file < 0 || write(file, data, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (!import_read(arena, path, &why) && !why)
		abort();
	close(file);
	arena_free(arena);
	return 0;
}
