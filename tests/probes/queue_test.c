#include "probes/queue.h"

#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const struct probe brief = {.name = "brief", .round_trips = 2};
static const struct probe wordy = {.name = "wordy", .round_trips = 6};

static struct check *add(struct queue *queue, const struct probe *probe,
			 const struct check_spec *spec)
{
	struct check *check = arena_alloc(queue->arena, sizeof(*check));

	check->probe = probe;
	check->spec = spec;
	queue_add(queue, check);
	return check;
}

static void the_longest_goes_first_with_all_that_follows(void **state)
{
	static const struct check_spec plain, two = {.domain_count = 2},
					      leads = {.later_trips = 5};
	struct queue queue = {.arena = arena_new()};
	int64_t wait_us = INT64_MAX;
	struct check *expected[5];

	(void)state;
	expected[4] = add(&queue, &brief, &plain);
	expected[2] = add(&queue, &brief, &two);   /* 6: two questions each */
	expected[1] = add(&queue, &brief, &leads); /* 7 */
	expected[0] = add(&queue, &wordy, &two);   /* 10 */
	expected[3] = add(&queue, &wordy, &plain); /* 6, and came later */
	for (size_t i = 0; i < 5; i++)
		assert_ptr_equal(queue_take(&queue, &wait_us), expected[i]);
	assert_null(queue_take(&queue, &wait_us));
	arena_free(queue.arena);
}

static struct check_spec at(const char *address)
{
	struct check_spec spec = {.endpoint.address.family = AF_INET};

	assert_int_equal(
		inet_pton(AF_INET, address, spec.endpoint.address.bytes), 1);
	return spec;
}

/* Four at once at an address, then one by one; others need not wait. */
static void only_a_few_begin_at_one_address_together(void **state)
{
	const struct check_spec here = at("192.0.2.1"), there = at("192.0.2.2");
	struct queue queue = {.arena = arena_new()};
	int64_t wait_us = INT64_MAX, before_us = clock_now_us();
	struct check *other;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		add(&queue, &wordy, &here);
	other = add(&queue, &brief, &there);
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(queue_take(&queue, &wait_us)->spec, &here);
	assert_ptr_equal(queue_take(&queue, &wait_us), other);
	assert_null(queue_take(&queue, &wait_us));
	assert_true(wait_us > before_us);
	assert_true(wait_us <= clock_now_us() + 10000);
	while (clock_now_us() < wait_us)
		continue;
	assert_non_null(queue_take(&queue, &wait_us));
	arena_free(queue.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_goes_first_with_all_that_follows),
		cmocka_unit_test(only_a_few_begin_at_one_address_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
