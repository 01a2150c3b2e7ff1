#include "tools/edgecheck/internal.h"

#include "common/base/log.h"
#include "common/plan/inside.h"
#include "probes/msturn_relay.h"
#include "tools/shared/conduct.h"
#include "tools/shared/secrets.h"

/* The names that were given, as DNS has them. */
static const char **take_names(const struct settings *settings)
{
	const char **names = arena_alloc(settings->arena,
					 settings->host_count * sizeof(*names));

	for (size_t i = 0; i < settings->host_count; i++)
		names[i] = looking_name(settings->arena, "EDGE-NAME",
					settings->hosts[i]);
	return names;
}

/* What there is to allocate with: of a file, or to be granted yet. */
static void wish_for_relays(const struct settings *settings, struct look *look,
			    struct relay_wish *wish,
			    struct credentials *credentials)
{
	const char *file = settings->credentials_file;

	if (!file && !settings->mras_uri)
		return;
	if (file)
		secrets_read_credentials(settings->arena, credentials, file,
					 false);
	else
		look->engine.credentials = credentials;
	wish->credentials = credentials;
	look->engine.relay = wish;
	look->deployment->has_credentials = file != NULL;
	look->deployment->mras_uri = settings->mras_uri;
}

int internal_look(struct settings *settings)
{
	static struct credentials credentials;
	struct relay_wish wish = {0};
	int exit_code;

	const struct looking *looking = &settings->looking;
	const char **names = take_names(settings);
	struct observation_list observations = {0};
	const struct topology *topology = looking_topology(looking);
	struct deployment deployment = looking_deployment(
		looking, VANTAGE_INSIDE, topology, &observations);
	const struct scope scope = looking_scope(looking, VANTAGE_INSIDE);
	struct run run = looking_run(
		looking, VANTAGE_INSIDE, "edgecheck " EDGEPROBE_VERSION,
		settings->host_count	  ? names[0]
		: topology->internal_name ? topology->internal_name
					  : "");
	struct look look = {
		.engine = looking_engine(looking, &run),
		.deployment = &deployment,
		.observations = &observations,
		.follow = inside_follow,
	};

	if (!settings->host_count && !looking->topology_file)
		die("--internal: which Edge? Its name in internal DNS, or -t "
		    "FILE");
	deployment.inside_names = names;
	deployment.inside_name_count = settings->host_count;
	wish_for_relays(settings, &look, &wish, &credentials);
	exit_code = conduct_judged(&look, &run, &settings->common, &scope);
	credentials_forget(&credentials);
	return exit_code;
}
