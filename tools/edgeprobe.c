/*
 * edgeprobe - why can people outside not reach this Edge Server?
 *
 * Looks at a deployment from outside, judges what was seen against the
 * published requirements, and says what to mend. See edgeprobe(1).
 */
#include "common/base/log.h"
#include "common/judge/judge.h"
#include "tools/edgeprobe/outside.h"
#include "tools/edgeprobe/settings.h"

#include <signal.h>
#include <stdio.h>

static int run_verb(struct settings *settings)
{
	const struct scope scope = settings_scope(settings);
	const struct again again = {
		.arena = settings->arena,
		.options = &settings->common,
		.files = settings->files,
		.file_count = settings->file_count,
		.topology_file = settings->topology_file,
		.scope = &scope,
	};

	if (!settings->file_count)
		die("which runs? Give the files of -o json:FILE");
	return settings->verb(&again);
}

static int look(struct settings *settings)
{
	static struct credentials credentials;
	int exit_code;

	settings_read_credentials(settings, &credentials);
	exit_code = outside_look(settings);
	credentials_forget(&credentials);
	return exit_code;
}

static void explain(const struct settings *settings)
{
	const char *text = judge_explain(settings->arena, settings->explain);

	if (!text)
		die("--explain: no requirement or finding '%s' "
		    "(--list-requirements, --list-findings)",
		    settings->explain);
	fputs(text, stdout);
}

int main(int argc, char **argv)
{
	static struct settings settings;
	struct arena *arena = arena_new();
	int exit_code = 0;

	log_init("edgeprobe");
	signal(SIGPIPE, SIG_IGN);
	settings_parse(&settings, arena, argc, argv);
	log_set_debug(settings.common.verbose > 1);
	if (settings.list)
		settings.list();
	else if (settings.explain)
		explain(&settings);
	else if (settings.verb)
		exit_code = run_verb(&settings);
	else if (settings.target || settings.topology_file ||
		 settings.domain_count)
		exit_code = look(&settings);
	else
		die("what to look at? A SIP domain, an Edge name or -t FILE "
		    "(try --help)");
	arena_free(arena);
	return exit_code;
}
