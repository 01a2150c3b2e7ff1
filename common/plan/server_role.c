#include "common/plan/server_role.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct server_role server_role_table[] = {
	{"frontend", "Front End Server", POOL_FRONTEND, {"frontend"}},
	{"frontend-collocated-mediation",
	 "Front End Server with Mediation Server",
	 POOL_FRONTEND,
	 {"frontend", "frontend-collocated-mediation"}},
	{"director", "Director", POOL_DIRECTOR, {"director"}},
	{"mediation", "Mediation Server", POOL_MEDIATION, {"mediation"}},
	{"persistent-chat",
	 "Persistent Chat Server",
	 POOL_PERSISTENT_CHAT,
	 {"persistent-chat-frontend"}},
	{"office-web-apps",
	 "Office Web Apps Server",
	 POOL_OFFICE_WEB_APPS,
	 {"office-web-apps"}},
	{"all-servers", "server of any role", POOL_ROLE_COUNT, {NULL}},
};
const size_t server_role_count = COUNT(server_role_table);

/* Rows that every server has beside those of its role. */
static const char *const shared[] = {"all-servers", "all-internal-servers"};

const struct server_role *server_role_find(const char *name)
{
	for (size_t i = 0; i < server_role_count; i++)
		if (strcmp(server_role_table[i].name, name) == 0)
			return &server_role_table[i];
	return NULL;
}

const char *server_role_names(struct arena *arena)
{
	const char *text = server_role_table[0].name;

	for (size_t i = 1; i < server_role_count; i++)
		text = arena_format(arena, "%s, %s", text,
				    server_role_table[i].name);
	return text;
}

bool server_role_has(const struct server_role *role, const struct port_row *row)
{
	for (size_t i = 0; i < COUNT(shared); i++)
		if (strcmp(row->role, shared[i]) == 0)
			return true;
	for (size_t i = 0; i < SERVER_ROLE_PARTS && role->parts[i]; i++)
		if (strcmp(row->role, role->parts[i]) == 0)
			return true;
	return false;
}

/* Hosts being gathered. */
struct gathering {
	struct mission_host *hosts;
	size_t count, capacity;
};

static void add(struct arena *arena, struct gathering *gathering,
		const char *node, const char *name,
		const struct address *address)
{
	if (gathering->count == MISSION_HOSTS_MAX)
		return;
	gathering->hosts =
		arena_grow(arena, gathering->hosts, gathering->count,
			   &gathering->capacity, sizeof(*gathering->hosts));
	gathering->hosts[gathering->count++] = (struct mission_host){
		.node = node,
		.name = name,
		.address = address ? *address : (struct address){0},
	};
}

/* Names and addresses go together where there are as many of each. */
static void add_pool(struct arena *arena, struct gathering *gathering,
		     const struct server_pool *pool)
{
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < pool->server_count; i++)
		add(arena, gathering, pool->servers[i], pool->servers[i],
		    pool->address_count == pool->server_count
			    ? &pool->addresses[i]
			    : NULL);
	for (size_t i = 0; !pool->server_count && i < pool->address_count; i++)
		add(arena, gathering,
		    pool->address_count == 1
			    ? pool->name
			    : arena_text(arena,
					 address_format(text,
							&pool->addresses[i])),
		    pool->name, &pool->addresses[i]);
	if (!pool->server_count && !pool->address_count)
		add(arena, gathering, pool->name, pool->name, NULL);
}

struct mission_host *server_role_hosts(struct arena *arena,
				       const struct server_role *role,
				       const struct topology *topology,
				       size_t *count)
{
	struct gathering gathering = {0};

	for (size_t i = 0; i < topology->pool_count; i++)
		if (topology->pools[i].role == role->pool ||
		    role->pool == POOL_ROLE_COUNT)
			add_pool(arena, &gathering, &topology->pools[i]);
	*count = gathering.count;
	return gathering.hosts;
}

struct mission_host *server_role_balancers(struct arena *arena,
					   const struct server_role *role,
					   const struct topology *topology,
					   size_t *count)
{
	struct gathering gathering = {0};

	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];

		if (pool->role == role->pool && pool->vip.family)
			add(arena, &gathering, pool->name, pool->name,
			    &pool->vip);
	}
	*count = gathering.count;
	return gathering.hosts;
}
