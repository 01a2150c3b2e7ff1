/*
 * The manual edgeprobe-json(5) against the probes: what they may observe is
 * described, and what is described exists.
 */
#include "probes/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *manual;

static int read_manual(void **state)
{
	FILE *file = fopen("man/edgeprobe-json.5", "r");
	size_t length;
	FILE *copy = open_memstream(&manual, &length);
	int byte;

	(void)state;
	while (file && (byte = getc(file)) != EOF)
		putc(byte, copy);
	fclose(copy);
	return file ? fclose(file) : -1;
}

static int free_manual(void **state)
{
	(void)state;
	free(manual);
	return 0;
}

/* ".It Cm tls.alert , Cm tls.alert_name" describes two. */
static bool is_described(const char *key)
{
	char mark[64];
	const char *at = manual;

	snprintf(mark, sizeof(mark), "Cm %s", key);
	while ((at = strstr(at, mark))) {
		at += strlen(mark);
		if (*at == ' ' || *at == '\n')
			return true;
	}
	return false;
}

static bool is_observed(const char *key)
{
	for (size_t i = 0; i < probe_count; i++) {
		const struct fact_def *fact = probe_table[i]->facts;

		while (fact->key && strcmp(fact->key, key) != 0)
			fact++;
		if (fact->key)
			return true;
	}
	return false;
}

static void every_fact_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < probe_count; i++) {
		for (const struct fact_def *fact = probe_table[i]->facts;
		     fact->key; fact++) {
			if (!is_described(fact->key))
				fail_msg("%s of %s", fact->key,
					 probe_table[i]->name);
		}
	}
}

static void every_described_fact_exists(void **state)
{
	char *rest = strdup(strstr(manual, "\n.Ss Facts\n"));
	char *start = rest, *line;

	(void)state;
	*strstr(rest, "\n.Sh FILES\n") = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *word;

		if (strncmp(line, ".It ", 4) != 0)
			continue;
		while ((word = strsep(&line, " "))) {
			if (strchr(word, '.') > word && !is_observed(word))
				fail_msg("%s", word);
		}
	}
	free(start);
}

static void every_probe_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < probe_count; i++) {
		char mark[64];

		snprintf(mark, sizeof(mark), ".Qq %s ", probe_table[i]->name);
		if (!strstr(manual, mark))
			fail_msg("%s", probe_table[i]->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fact_is_described),
		cmocka_unit_test(every_described_fact_exists),
		cmocka_unit_test(every_probe_is_named),
	};

	return cmocka_run_group_tests(tests, read_manual, free_manual);
}
