#include "tools/shared/secrets.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/credentials_file.h"
#include "probes/secrecy.h"

void secrets_read_credentials(struct arena *arena,
			      struct credentials *credentials, const char *path,
			      bool is_standard)
{
	const char *why;

	secrecy_begin(); /* who reads a core file could read them */
	if (!credentials_file_read(arena, credentials, path, &why))
		die("--credentials: %s", why);
	if (is_standard && !credentials->is_text)
		die("%s: no turn-username, which --rfc needs", path);
	if (!is_standard && credentials->is_text)
		die("%s: these are of a standard TURN server (edgeturn --rfc)",
		    path);
	if (credentials->expires_s &&
	    credentials->expires_s < clock_wall_us() / CLOCK_SECOND_US)
		log_note("%s: these have expired, and will be refused", path);
}
