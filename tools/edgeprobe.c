/*
 * edgeprobe - why can people outside not reach this Edge Server?
 *
 * Looks at a deployment from outside, judges what was seen against the
 * published requirements, and says what to mend. See edgeprobe(1).
 */
#include "common/base/log.h"
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
		.topology_file = settings->looking.topology_file,
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

int main(int argc, char **argv)
{
	static struct settings settings;
	struct arena *arena = arena_new();
	int exit_code = 0;

	log_init("edgeprobe");
	signal(SIGPIPE, SIG_IGN);
	settings_parse(&settings, arena, argc, argv);
	log_set_debug(settings.common.verbose > 1);
	if (looking_tell(&settings.looking))
		exit_code = 0;
	else if (settings.verb)
		exit_code = run_verb(&settings);
	else if (settings.target || settings.looking.topology_file ||
		 settings.domain_count)
		exit_code = look(&settings);
	else
		die("what to look at? A SIP domain, an Edge name or -t FILE "
		    "(try --help)");
	arena_free(arena);
	return exit_code;
}
