/*
 * edgecheck - does the inside of this Edge Server work?
 *
 * Looks at a deployment from inside, judges what was seen against the
 * published requirements, and says what to mend. See edgecheck(1).
 */
#include "common/base/log.h"
#include "tools/edgecheck/settings.h"

#include <signal.h>

int main(int argc, char **argv)
{
	static struct settings settings;
	struct arena *arena = arena_new();
	int exit_code = 0;

	log_init("edgecheck");
	signal(SIGPIPE, SIG_IGN);
	settings_parse(&settings, arena, argc, argv);
	log_set_debug(settings.common.verbose > 1);
	if (!looking_tell(&settings.looking)) {
		if (!settings.mode)
			die("what to check? %s (try --help)",
			    settings_mode_names(arena));
		exit_code = settings.mode(&settings);
	}
	arena_free(arena);
	return exit_code;
}
