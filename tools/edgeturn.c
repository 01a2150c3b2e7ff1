/*
 * edgeturn - one conversation with the relay of an A/V Edge, in detail.
 *
 * Allocates with credentials, sends packets through the relay and back, and
 * says what it means; or is the far side (--echo). See edgeturn(1).
 */
#include "common/base/log.h"
#include "tools/edgeturn/desk.h"
#include "tools/edgeturn/far_side.h"
#include "tools/edgeturn/look.h"
#include "tools/edgeturn/settings.h"

#include <signal.h>

int main(int argc, char **argv)
{
	static struct settings settings;
	static struct credentials credentials;
	struct arena *arena = arena_new();
	int exit_code;

	log_init("edgeturn");
	signal(SIGPIPE, SIG_IGN);
	settings_parse(&settings, arena, argc, argv);
	log_set_debug(settings.common.verbose > 1);
	if (settings.echo_key_file)
		far_side_key(settings.echo_key_file, settings.serves_echo,
			     settings.wish.key);
	if (settings.desk_text) {
		exit_code = desk_get_credentials(&settings, &credentials);
	} else if (settings.serves_echo) {
		exit_code = far_side_serve(&settings.echo, settings.wish.key);
	} else {
		settings_read_credentials(&settings, &credentials);
		exit_code = look_at_relay(&settings);
	}
	credentials_forget(&credentials);
	arena_free(arena);
	return exit_code;
}
