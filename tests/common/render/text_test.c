#include "common/render/text.h"

#include "common/base/text.h"
#include "common/render/layout.h"
#include "tests/common/render/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct render_style plain = {.width = 80};

static void check_report(struct sample *sample,
			 const struct render_style *style, const char *path)
{
	char *text = sample_render(sample, "text", style);

	assert_true(sample_matches(text, path));
	free(text);
	sample_free(sample);
}

static void healthy_report_is_as_agreed(void **state)
{
	(void)state;
	check_report(sample_healthy(), &plain,
		     "tests/common/render/healthy.txt");
}

static void broken_report_is_as_agreed(void **state)
{
	(void)state;
	check_report(sample_broken(), &plain, "tests/common/render/broken.txt");
}

static void verbose_report_is_as_agreed(void **state)
{
	struct render_style style = {.width = 80, .verbose = 1};

	(void)state;
	check_report(sample_broken(), &style,
		     "tests/common/render/broken-verbose.txt");
}

static void healthy_report_fits_one_screen(void **state)
{
	struct sample *sample = sample_healthy();
	char *text = sample_render(sample, "text", &plain);
	int lines = 0;

	(void)state;
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_in_range(lines, 1, 23); /* and the prompt below */
	free(text);
	sample_free(sample);
}

/* Every line within width, whatever the width and the text are. */
static void check_width(struct sample *sample, struct render_style style)
{
	char *text = sample_render(sample, "text", &style);
	char *rest = text;
	const char *line;
	int limit =
		style.width < LAYOUT_WIDTH_MIN ? LAYOUT_WIDTH_MIN : style.width;

	while ((line = strsep(&rest, "\n"))) {
		if (layout_columns(line) > limit)
			fail_msg("%d columns: %s", layout_columns(line), line);
	}
	free(text);
}

static void no_line_is_wider_than_asked(void **state)
{
	static const int widths[] = {0, 40, 41, 60, 79, 80, 120, 200};

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct sample *samples[] = {sample_healthy(), sample_broken(),
					    sample_hostile()};

		for (size_t j = 0; j < 3; j++) {
			check_width(samples[j],
				    (struct render_style){.width = widths[i],
							  .verbose = i % 2});
			sample_free(samples[j]);
		}
	}
}

/* Nothing but printable characters and newlines, and not without end. */
static void hostile_text_cannot_reach_the_terminal(void **state)
{
	struct render_style style = {.width = 80, .verbose = 1};
	struct sample *sample = sample_hostile();
	char *text = sample_render(sample, "text", &style);
	const uint8_t *at = (const uint8_t *)text;
	size_t left = strlen(text);

	(void)state;
	assert_in_range(left, 1, 64 * 1024);
	while (left) {
		uint32_t point = 0;
		size_t size = text_decode(at, left, &point);

		assert_int_not_equal(size, 0);
		assert_true(point == '\n' || text_is_shown(point));
		at += size;
		left -= size;
	}
	assert_non_null(strstr(text, "good\\x00.evil.com"));
	free(text);
	sample_free(sample);
}

static void colour_only_adds_to_the_words(void **state)
{
	struct render_style style = {.width = 80, .colour = true};
	struct sample *sample = sample_broken();
	char *painted = sample_render(sample, "text", &style);
	char *bare = sample_render(sample, "text", &plain);
	char *put = painted;

	(void)state;
	assert_non_null(strstr(painted, "\x1b[1;31mBLOCKED\x1b[0m"));
	assert_null(strchr(bare, '\x1b'));
	for (const char *at = painted; *at; at++) {
		if (*at == '\x1b')
			at = strchr(at, 'm');
		else
			*put++ = *at;
	}
	*put = '\0';
	assert_string_equal(painted, bare);
	free(painted);
	free(bare);
	sample_free(sample);
}

static void grounds_are_said(void **state)
{
	struct render_style wide = {.width = 400};
	struct sample *sample = sample_healthy();
	char *text = sample_render(sample, "text", &wide);

	(void)state;
	assert_non_null(strstr(text, "Inferred: contoso.com is a SIP domain"));
	assert_non_null(strstr(text, "Roots of /tmp/edgesim/ca.pem stand for"));
	assert_non_null(strstr(text, "198.51.100.9"));
	free(text);
	sample_free(sample);
}

/* Access at two nodes, and a certificate that waits for it at each. */
static struct sample *silent_access(void)
{
	static const char *const places[] = {"192.0.2.10:443",
					     "[2001:db8::11]:443"};
	static const char *const nodes[] = {"edge1", "2001:db8::11"};
	struct sample *sample = sample_new("contoso.com");

	for (size_t i = 0; i < 2; i++) {
		struct observation *seen = sample_observe(
			sample, "sip", "sip.contoso.com", places[i],
			TRANSPORT_TCP, OUTCOME_NO_REPLY);
		struct verdict *ground, *verdict;

		ground = sample_judge(
			sample, ROW_ACCESS, nodes[i], STATE_BLOCKED, true,
			arena_format(sample->arena, "%s: no reply", places[i]));
		sample_rest_on(sample, ground, seen);
		verdict = sample_judge(
			sample, ROW_SAN, nodes[i], STATE_UNOBSERVED, true,
			arena_format(sample->arena, "rests on it: %s",
				     places[i]));
		verdict->ground = ground;
		verdict = sample_judge(sample, ROW_EXPIRY, nodes[i],
				       STATE_UNOBSERVED, true,
				       arena_format(sample->arena,
						    "no certificate: %s: "
						    "no reply",
						    places[i]));
		sample_rest_on(sample, verdict, seen);
	}
	return sample;
}

static void rows_that_differ_by_place_alone_are_one_line(void **state)
{
	struct sample *sample = silent_access();
	struct render_style style = {.width = 200};
	char *text = sample_render(sample, "text", &style);

	(void)state;
	assert_non_null(strstr(text, "    BLOCKED  edge1 192.0.2.10:443, "
				     "[2001:db8::11]:443: no reply "
				     "[s000.ext.access.sip-tls.tcp443.in]\n"));
	free(text);
	sample_free(sample);
}

static void rows_that_wait_for_another_are_one_line(void **state)
{
	struct sample *sample = silent_access();
	struct render_style style = {.width = 200};
	char *text = sample_render(sample, "text", &style);

	(void)state;
	assert_non_null(strstr(text,
			       "    ?        edge1, 2001:db8::11: rests on "
			       "ext.access.sip-tls.tcp443.in, which is blocked "
			       "[cert.ext.san.access]\n"));
	free(text);
	sample_free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_report_is_as_agreed),
		cmocka_unit_test(broken_report_is_as_agreed),
		cmocka_unit_test(verbose_report_is_as_agreed),
		cmocka_unit_test(healthy_report_fits_one_screen),
		cmocka_unit_test(no_line_is_wider_than_asked),
		cmocka_unit_test(hostile_text_cannot_reach_the_terminal),
		cmocka_unit_test(colour_only_adds_to_the_words),
		cmocka_unit_test(grounds_are_said),
		cmocka_unit_test(rows_that_differ_by_place_alone_are_one_line),
		cmocka_unit_test(rows_that_wait_for_another_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
