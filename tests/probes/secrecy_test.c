#include "probes/secrecy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static rlim_t core_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	return limit.rlim_cur;
}

static void nobody_reads_this_process_while_it_has_secrets(void **state)
{
	rlim_t before = core_limit();

	(void)state;
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	secrecy_begin();
	secrecy_begin();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(core_limit(), 0);
	secrecy_end();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(core_limit(), 0);
	secrecy_end();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	assert_int_equal(core_limit(), before);
}

static void an_end_too_many_changes_nothing(void **state)
{
	(void)state;
	secrecy_end();
	secrecy_begin();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	secrecy_end();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

/* "VmLck:       4 kB" */
static long locked_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "VmLck:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(file);
	return kib;
}

static void what_is_held_is_not_swapped_out(void **state)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit limit;
	long before = locked_kib();

	(void)state;
	assert_ptr_not_equal(page, MAP_FAILED);
	getrlimit(RLIMIT_MEMLOCK, &limit);
	secrecy_hold(page, 0);
	assert_int_equal(locked_kib(), before);
	secrecy_hold(page, size);
	if (limit.rlim_cur < size)
		skip();
	assert_int_equal(locked_kib(), before + (long)(size >> 10));
	munmap(page, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nobody_reads_this_process_while_it_has_secrets),
		cmocka_unit_test(an_end_too_many_changes_nothing),
		cmocka_unit_test(what_is_held_is_not_swapped_out),
	};

	return cmocka_run_group_tests_name("secrecy", tests, NULL, NULL);
}
