#include "tools/edgesim/role.h"

#include "common/base/log.h"
#include "probes/serve/servers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void role_take(struct role_choice *choice, const char *text)
{
	choice->role = server_role_find(text);
	if (!choice->role)
		die("--role: '%s' is none of %s", text,
		    server_role_names(arena_new()));
}

void role_take_address(struct role_choice *choice, char *text)
{
	char *address = strchr(text, '=');
	struct mission_host *host = &choice->hosts[choice->host_count];

	if (choice->host_count == MISSION_HOSTS_MAX)
		die("--address: at most %d", MISSION_HOSTS_MAX);
	choice->host_count++;
	host->node = text; /* of a server without a name, the address is one */
	if (address) {
		*address++ = '\0';
		host->name = text;
	} else {
		address = text;
	}
	if (!address_parse(address, &host->address))
		die("--address: '%s' is not an address", address);
}

void role_list_faults(void)
{
	for (size_t i = 0; i < server_fault_count; i++)
		printf("%-30s %s\n", server_fault_table[i].id,
		       server_fault_table[i].summary);
}

static bool is_named(const struct mission_host *host, const char *const *names,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], host->node) == 0)
			return true;
	return count == 0;
}

void role_choose_hosts(struct arena *arena, const struct role_choice *choice,
		       const char *const *names, size_t name_count,
		       struct edge_settings *settings)
{
	size_t count = choice->host_count, kept = 0;
	struct mission_host *hosts =
		arena_copy(arena, choice->hosts, count * sizeof(*hosts));

	if (!count)
		hosts = server_role_hosts(arena, choice->role,
					  settings->topology, &count);
	for (size_t i = 0; i < count; i++)
		if (hosts[i].address.family &&
		    is_named(&hosts[i], names, name_count))
			hosts[kept++] = hosts[i];
	if (!kept)
		die("--role: no such server with an address: give --address, "
		    "or -t FILE with a [pool]");
	settings->role = choice->role;
	settings->hosts = hosts;
	settings->host_count = kept;
}

void role_choose_faults(struct arena *arena, const char *const *texts,
			size_t count, struct edge_settings *settings)
{
	struct server_fault *faults =
		arena_alloc(arena, (count + 1) * sizeof(*faults));
	const char *why;

	for (size_t i = 0; i < count; i++)
		if (!server_fault_parse(arena, texts[i], &faults[i], &why))
			die("--fault: %s", why);
	settings->server_faults = faults;
	settings->server_fault_count = count;
}
