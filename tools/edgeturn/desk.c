#include "tools/edgeturn/desk.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/judge/certificate.h"
#include "probes/credentials_file.h"
#include "probes/engine.h"
#include "probes/secrecy.h"

#include <string.h>

#define EXIT_REFUSED   2
#define EXIT_NOT_ASKED 3

/* What is asked for, "sip:edge.contoso.local@contoso.com;gruu;...". */
static const char *domain_of(struct settings *settings)
{
	const char *at = strchr(settings->mras_uri, '@');

	if (!at || strncmp(settings->mras_uri, "sip:", 4) != 0)
		die("--mras-uri: '%s' is no SIP URI with a domain",
		    settings->mras_uri);
	return arena_format(settings->arena, "%.*s",
			    (int)strcspn(at + 1, ":;>"), at + 1);
}

static void keep_observation(void *context, struct observation *observation)
{
	*(const struct observation **)context = observation;
}

/* "edge.contoso.local:5062: connect: nothing listens there" */
static int say_why(const struct settings *settings,
		   const struct observation *seen)
{
	const char *reason =
		seen ? observation_text(seen, "mras.reason") : NULL;

	log_note("%s: %s: %s%s%s", settings->desk_text,
		 seen ? seen->phase : "start",
		 seen && *seen->detail ? seen->detail : "no credentials",
		 reason ? ": " : "", reason ? reason : "");
	return seen && seen->outcome != OUTCOME_LOCAL ? EXIT_REFUSED
						      : EXIT_NOT_ASKED;
}

static void keep(struct settings *settings,
		 const struct credentials *credentials)
{
	const char *why;
	char until[CLOCK_TEXT_BYTES] = "";

	if (!credentials_file_write(settings->arena, credentials,
				    settings->credentials_file, &why))
		die("--credentials: %s", why);
	if (credentials->expires_s)
		clock_format_seconds(until, credentials->expires_s);
	log_note("%s: credentials%s%s", settings->credentials_file,
		 *until ? ", good until " : "", until);
}

/* What roots that somebody named do not vouch for is nobody's answer. */
static bool is_vouched_for(const struct settings *settings,
			   const struct observation *seen)
{
	if (!seen || !certificate_is_untrusted(seen))
		return true;
	log_note("%s: handshake: %s does not vouch for its certificate%s",
		 settings->desk_text,
		 settings->ca_file ? settings->ca_file : "the system's store",
		 settings->ca_file ? "" : " (--ca-file)");
	return !settings->ca_file;
}

int desk_get_credentials(struct settings *settings,
			 struct credentials *credentials)
{
	const struct observation *seen = NULL;
	struct check_spec spec = {
		.probe = "mras",
		.endpoint = settings->desk,
		.subject = "-",
		.url = settings->mras_uri,
		.from_domain = domain_of(settings),
	};
	const struct engine_settings engine_settings = {
		.arena = settings->arena,
		.run = "00000000",
		.vantage = VANTAGE_INSIDE,
		.timeout_us = settings->common.timeout_us,
		.deadline_us = settings->common.deadline_us,
		.ca_file = settings->ca_file,
		.identity = &settings->identity,
		.credentials = credentials,
		.observed = keep_observation,
		.context = &seen,
	};
	struct engine *engine;
	const char *why;

	secrecy_begin();
	engine = engine_new(&engine_settings, &why);
	if (!engine)
		die("%s", why);
	engine_add(engine, &spec);
	engine_run(engine);
	engine_free(engine);
	if (!is_vouched_for(settings, seen))
		return EXIT_REFUSED;
	if (!credentials->username_length)
		return say_why(settings, seen);
	keep(settings, credentials);
	return 0;
}
