#include "probes/secrecy.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static unsigned holders;
static rlim_t core_before;
static int dumpable_before;

void secrecy_begin(void)
{
	struct rlimit limit;

	if (holders++)
		return;
	dumpable_before = prctl(PR_GET_DUMPABLE);
	prctl(PR_SET_DUMPABLE, 0);
	core_before = 0;
	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return;
	core_before = limit.rlim_cur;
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &limit);
}

void secrecy_end(void)
{
	struct rlimit limit;

	if (!holders || --holders)
		return;
	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = core_before;
		setrlimit(RLIMIT_CORE, &limit);
	}
	/* 2, of programs with capabilities, is the kernel's to set */
	if (dumpable_before == 1)
		prctl(PR_SET_DUMPABLE, 1);
}

void secrecy_hold(void *data, size_t length)
{
	if (length)
		mlock2(data, length, MLOCK_ONFAULT);
}
