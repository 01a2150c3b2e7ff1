#include "common/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t octets[] = {0x01, 0x02, 0x03, 0x04, 0x05,
				 0xfe, 0xff, 0x80, 0x00, 0x01};

static void reads_numbers_in_network_order(void **state)
{
	struct bytes bytes = bytes_of(octets, sizeof(octets));

	(void)state;
	assert_int_equal(bytes_left(&bytes), 10);
	assert_int_equal(bytes_u8(&bytes), 0x01);
	assert_int_equal(bytes_u16(&bytes), 0x0203);
	assert_int_equal(bytes_u24(&bytes), 0x0405fe);
	assert_int_equal(bytes_u32(&bytes), 0xff800001);
	assert_int_equal(bytes_left(&bytes), 0);
	assert_false(bytes.failed);
}

static void fails_once_and_for_all_past_the_end(void **state)
{
	struct bytes bytes = bytes_of(octets, 3);

	(void)state;
	assert_int_equal(bytes_u32(&bytes), 0);
	assert_true(bytes.failed);
	assert_int_equal(bytes_left(&bytes), 0);
	/* what would have been there is not given after the failure */
	assert_int_equal(bytes_u8(&bytes), 0);
	assert_null(bytes_take(&bytes, 0));
	assert_true(bytes.failed);
}

static void takes_no_length_that_wraps(void **state)
{
	struct bytes bytes = bytes_of(octets, sizeof(octets));

	(void)state;
	bytes_u8(&bytes);
	assert_null(bytes_take(&bytes, SIZE_MAX));
	assert_true(bytes.failed);
}

static void takes_all_there_is(void **state)
{
	struct bytes bytes = bytes_of(octets, sizeof(octets));

	(void)state;
	assert_ptr_equal(bytes_take(&bytes, sizeof(octets)), octets);
	assert_ptr_equal(bytes_take(&bytes, 0), octets + sizeof(octets));
	assert_false(bytes.failed);
	assert_null(bytes_take(&bytes, 1));
	assert_true(bytes.failed);
}

static void a_part_ends_where_it_should(void **state)
{
	struct bytes bytes = bytes_of(octets, sizeof(octets));
	struct bytes part = bytes_sub(&bytes, 2);

	(void)state;
	assert_int_equal(bytes_u8(&bytes), 0x03);
	assert_int_equal(bytes_u16(&part), 0x0102);
	assert_false(part.failed);
	assert_int_equal(bytes_u8(&part), 0);
	assert_true(part.failed);
	assert_false(bytes.failed);
}

static void a_part_that_is_too_long_fails_both(void **state)
{
	struct bytes bytes = bytes_of(octets, 4);
	struct bytes part = bytes_sub(&bytes, 5);

	(void)state;
	assert_true(bytes.failed);
	assert_true(part.failed);
	assert_int_equal(bytes_left(&part), 0);
	assert_int_equal(bytes_u8(&part), 0);
}

static void writes_what_is_read_again(void **state)
{
	uint8_t *buffer = malloc(sizeof(octets));
	struct writer writer = writer_of(buffer, sizeof(octets));

	(void)state;
	writer_u8(&writer, 0x01);
	writer_u16(&writer, 0x0203);
	writer_u24(&writer, 0x0405fe);
	writer_u32(&writer, 0xff800001);
	assert_false(writer.failed);
	assert_int_equal(writer.length, sizeof(octets));
	assert_memory_equal(buffer, octets, sizeof(octets));
	free(buffer);
}

static void writes_nothing_past_the_end(void **state)
{
	uint8_t *buffer = malloc(3);
	struct writer writer = writer_of(buffer, 3);

	(void)state;
	writer_u16(&writer, 0x0102);
	writer_u16(&writer, 0x0304);
	assert_true(writer.failed);
	assert_int_equal(writer.length, 2);
	writer_u8(&writer, 0x05); /* would fit, but comes after a failure */
	assert_int_equal(writer.length, 2);
	writer_put(&writer, octets, SIZE_MAX);
	assert_int_equal(writer.length, 2);
	free(buffer);
}

static void writes_no_bytes_from_nowhere(void **state)
{
	uint8_t buffer[1];
	struct writer writer = writer_of(buffer, sizeof(buffer));

	(void)state;
	writer_put(&writer, NULL, 0);
	assert_false(writer.failed);
	assert_int_equal(writer.length, 0);
}

static void overwrites_only_what_was_written(void **state)
{
	uint8_t buffer[8] = {0};
	struct writer writer = writer_of(buffer, sizeof(buffer));

	(void)state;
	writer_u32(&writer, 0);
	writer_set_u16(&writer, 2, 0xabcd);
	assert_memory_equal(buffer, "\x00\x00\xab\xcd", 4);
	assert_false(writer.failed);
	writer_set_u16(&writer, 3, 0xffff);
	assert_true(writer.failed);
	assert_memory_equal(buffer, "\x00\x00\xab\xcd\x00", 5);
}

static void overwrites_nothing_at_a_place_that_wraps(void **state)
{
	uint8_t buffer[8];
	struct writer writer = writer_of(buffer, sizeof(buffer));

	(void)state;
	writer_set_u16(&writer, 0, 1);
	assert_true(writer.failed);
	writer = writer_of(buffer, sizeof(buffer));
	writer_u32(&writer, 0);
	writer_set_u16(&writer, SIZE_MAX - 1, 1);
	assert_true(writer.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_in_network_order),
		cmocka_unit_test(fails_once_and_for_all_past_the_end),
		cmocka_unit_test(takes_no_length_that_wraps),
		cmocka_unit_test(takes_all_there_is),
		cmocka_unit_test(a_part_ends_where_it_should),
		cmocka_unit_test(a_part_that_is_too_long_fails_both),
		cmocka_unit_test(writes_what_is_read_again),
		cmocka_unit_test(writes_nothing_past_the_end),
		cmocka_unit_test(writes_no_bytes_from_nowhere),
		cmocka_unit_test(overwrites_only_what_was_written),
		cmocka_unit_test(overwrites_nothing_at_a_place_that_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
