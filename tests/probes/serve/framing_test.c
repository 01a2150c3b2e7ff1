#include "probes/serve/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define VERSION	 "\x00\x01\x00"
#define MODE	 "\x01\x02"
#define VIA	 "\x02\x1anet.tcp://edge:50001/agent"
#define ENCODING "\x03\x08"
#define UPGRADE                                                                \
	"\x09\x13"                                                             \
	"application/ssl-tls"
#define WHOLE VERSION MODE VIA ENCODING UPGRADE

static void hears_the_wish_for_tls_behind_its_preamble(void **state)
{
	(void)state;
	assert_int_equal(framing_hear(WHOLE, sizeof(WHOLE) - 1),
			 FRAMING_UPGRADES);
}

static void waits_for_more_at_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(WHOLE) - 1; i++)
		assert_int_equal(framing_hear(WHOLE, i), FRAMING_MORE);
}

static void breaks_off_what_is_something_else(void **state)
{
	static const struct {
		const char *data;
		size_t length;
	} cases[] = {
		{"\x16\x03\x01", 3},	    /* TLS at once */
		{"GET / HTTP/1.1\r\n", 16}, /* */
		{"\x00\x02\x00", 3},	    /* another version */
		{MODE, 2},		    /* no version first */
		{VERSION MODE "\x0c", 6},   /* no TLS */
		{VERSION "\x09\x03"
			 "foo",
		 8},				   /* another upgrade */
		{VERSION MODE VIA "\x07\x00", 35}, /* a fault */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(framing_hear(cases[i].data, cases[i].length),
				 FRAMING_BROKEN);
}

static void bounds_what_it_waits_for(void **state)
{
	static char endless[FRAMING_MAX + 1] = VERSION "\x02\xff\xff\x7f";

	(void)state;
	assert_int_equal(framing_hear(endless, FRAMING_MAX), FRAMING_MORE);
	assert_int_equal(framing_hear(endless, FRAMING_MAX + 1),
			 FRAMING_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_the_wish_for_tls_behind_its_preamble),
		cmocka_unit_test(waits_for_more_at_every_truncation),
		cmocka_unit_test(breaks_off_what_is_something_else),
		cmocka_unit_test(bounds_what_it_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
