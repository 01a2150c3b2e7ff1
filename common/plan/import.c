#include "common/plan/import.h"

#include "common/plan/import_file.h"

#include <string.h>
#include <strings.h>

#define CLUSTERS_MAX 4096
#define SERVICES_MAX 8192

/*
 * Both forms at once: the editor's (.tbxml) links by GUID, the published one
 * by numbers. A key is the GUID, or the numbers with a stroke between.
 */
struct cluster {
	const char *key, *site;
	const struct element *element;
};

struct installed {
	const char *key, *role, *cluster;
	const struct element *element;
};

struct importer {
	struct arena *arena;
	struct imported *imported;
	struct cluster *clusters;
	size_t cluster_count, cluster_capacity;
	struct installed *services;
	size_t service_count, service_capacity;
};

static const char *cluster_key(struct importer *importer,
			       const struct element *id)
{
	return arena_format(importer->arena, "%s/%s",
			    element_value(id, "SiteId"),
			    element_value(id, "Number"));
}

static const char *service_key(struct importer *importer,
			       const struct element *id)
{
	return arena_format(
		importer->arena, "%s/%s/%s", element_value(id, "SiteId"),
		element_value(id, "RoleName"), element_value(id, "Instance"));
}

static void add_domains(struct importer *importer,
			const struct element *domains)
{
	struct imported *imported = importer->imported;
	const struct element *domain = element_child(domains, "InternalDomain");

	imported->default_domain = element_value(domains, "DefaultDomain");
	for (; domain; domain = element_next(domain))
		if (imported->domain_count < TOPOLOGY_DOMAINS_MAX)
			imported->domains[imported->domain_count++] =
				element_value(domain, "Name");
}

static void add_site(struct importer *importer, const struct element *site)
{
	struct imported *imported = importer->imported;
	const struct element *name = element_child(site, "Name");

	if (imported->site_count < IMPORT_SITES_MAX)
		imported->sites[imported->site_count++] =
			(struct imported_site){element_value(site, "SiteId"),
					       name ? name->text : ""};
}

static void add_cluster(struct importer *importer,
			const struct element *element, const char *site)
{
	const struct element *id = element_child(element, "ClusterId");

	if (importer->cluster_count == CLUSTERS_MAX)
		return;
	importer->clusters = arena_grow(
		importer->arena, importer->clusters, importer->cluster_count,
		&importer->cluster_capacity, sizeof(struct cluster));
	importer->clusters[importer->cluster_count++] = (struct cluster){
		id ? cluster_key(importer, id)
		   : element_value(element, "UniqueId"),
		id ? element_value(id, "SiteId") : site, element};
}

static void add_service(struct importer *importer,
			const struct element *element)
{
	const struct element *id = element_child(element, "ServiceId");
	const struct element *installed = element_child(element, "InstalledOn");

	if (importer->service_count == SERVICES_MAX)
		return;
	importer->services = arena_grow(
		importer->arena, importer->services, importer->service_count,
		&importer->service_capacity, sizeof(struct installed));
	importer->services[importer->service_count++] = (struct installed){
		id ? service_key(importer, id)
		   : element_value(element, "UniqueId"),
		id ? element_value(id, "RoleName")
		   : element_value(element, "RoleName"),
		installed ? cluster_key(importer,
					element_child(installed, "ClusterId"))
			  : element_value(element, "InstalledOn"),
		element};
}

/* Everything of interest, wherever it stands below an element. */
static void collect(struct importer *importer, const struct element *element,
		    const char *site)
{
	for (const struct element *at = element->children; at; at = at->next) {
		if (strcmp(at->name, "InternalDomains") == 0) {
			add_domains(importer, at);
		} else if (strcmp(at->name, "CentralSite") == 0) {
			add_site(importer, at);
			collect(importer, at, element_value(at, "SiteId"));
		} else if (strcmp(at->name, "Cluster") == 0) {
			add_cluster(importer, at, site);
		} else if (strcmp(at->name, "Service") == 0) {
			add_service(importer, at);
		} else {
			collect(importer, at, site);
		}
	}
}

static const struct cluster *find_cluster(const struct importer *importer,
					  const char *key)
{
	for (size_t i = 0; i < importer->cluster_count; i++)
		if (strcasecmp(importer->clusters[i].key, key) == 0)
			return &importer->clusters[i];
	return NULL;
}

static const char *cluster_name(const struct importer *importer,
				const char *key)
{
	const struct cluster *cluster = find_cluster(importer, key);

	return cluster ? element_value(cluster->element, "Fqdn") : "";
}

static uint16_t number_of(const struct element *element, const char *name)
{
	uint16_t number;

	return port_parse(element_value(element, name), &number) ? number : 0;
}

/* The key of the service that a dependency names. */
static const char *dependency_key(struct importer *importer,
				  const struct element *dependency)
{
	const struct element *id = element_child(dependency, "ServiceId");

	return id ? service_key(importer, id)
		  : element_value(dependency, "ServiceUniqueId");
}

static const struct element *first_dependency(const struct installed *service)
{
	return element_child(element_child(service->element, "DependsOn"),
			     "Dependency");
}

static bool depends_on(struct importer *importer,
		       const struct installed *service, const char *key)
{
	const struct element *at = first_dependency(service);

	for (; at; at = element_next(at))
		if (strcasecmp(dependency_key(importer, at), key) == 0)
			return true;
	return false;
}

/* The rows of a service's ports. */
static const struct element *first_port(const struct installed *service)
{
	return element_child(element_child(service->element, "Ports"), "Port");
}

static bool port_is(const struct element *port, const char *owner,
		    const char *usage, const char *side)
{
	static const char prefix[] = "urn:component:";
	const char *whole = element_value(port, "Owner");
	const char *name = strncmp(whole, prefix, strlen(prefix)) == 0
				   ? whole + strlen(prefix)
				   : whole;

	return strcmp(name, owner) == 0 &&
	       strcmp(element_value(port, "Usage"), usage) == 0 &&
	       strcmp(element_value(port, "InterfaceSide"), side) == 0;
}

/* What each external row means; protocol "" is any. */
static const struct {
	const char *owner, *usage, *protocol;
	enum listener listener;
} external_rows[] = {
	{"AccessEdge", "SipClient", "", LISTENER_ACCESS},
	{"AccessEdge", "SipServer", "", LISTENER_FEDERATION},
	{"DataEdge", "PsomClient", "", LISTENER_WEBCONF},
	{"MediaRelayEdge", "TURNServer", "Tcp", LISTENER_AV_TCP},
	{"MediaRelayEdge", "TURNServer", "Udp", LISTENER_AV_UDP},
	{"XmppFederationProxy", "XmppServer", "", LISTENER_XMPP},
};

#define EXTERNAL_ROWS (sizeof(external_rows) / sizeof(external_rows[0]))

static void read_external(struct imported_pool *pool,
			  const struct element *port,
			  const char *interfaces[SERVICE_COUNT])
{
	for (size_t i = 0; i < EXTERNAL_ROWS; i++) {
		enum listener listener = external_rows[i].listener;
		enum service service = listener_table[listener].service;
		const char *protocol = external_rows[i].protocol;
		const char *name = element_value(port, "ConfiguredFqdn");

		if (!port_is(port, external_rows[i].owner,
			     external_rows[i].usage, "External") ||
		    (*protocol &&
		     strcmp(element_value(port, "Protocol"), protocol) != 0))
			continue;
		pool->ports[listener] = number_of(port, "Port");
		interfaces[service] = element_value(port, "InterfaceNumber");
		if (*name && !*pool->names[service])
			pool->names[service] = name;
	}
	if (port_is(port, "MediaRelayEdge", "MediaCommunication", "External")) {
		pool->relay_first = number_of(port, "Port");
		pool->relay_count = number_of(port, "Range");
	}
}

static void read_internal(struct imported_pool *pool,
			  const struct element *port)
{
	const struct {
		const char *owner, *usage, *protocol;
		uint16_t *number;
	} rows[] = {
		{"AccessEdge", "SipServer", "", &pool->internal.sip},
		{"DataEdge", "PsomServer", "", &pool->internal.webconf},
		{"MediaRelayAuthenticationEdge", "SipServer", "",
		 &pool->internal.mras},
		{"MediaRelayEdge", "TURNServer", "Tcp",
		 &pool->internal.turn_tcp},
		{"MediaRelayEdge", "TURNServer", "Udp",
		 &pool->internal.turn_udp},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (port_is(port, rows[i].owner, rows[i].usage, "Internal") &&
		    (!*rows[i].protocol ||
		     strcmp(element_value(port, "Protocol"),
			    rows[i].protocol) == 0))
			*rows[i].number = number_of(port, "Port");
}

/* The interface of a machine, by side and number; NULL: none. */
static const struct element *find_interface(const struct element *machine,
					    const char *side,
					    const char *number)
{
	const struct element *at = element_child(machine, "NetInterface");

	for (; at; at = element_next(at))
		if (strcmp(element_value(at, "InterfaceSide"), side) == 0 &&
		    strcmp(element_value(at, "InterfaceNumber"), number) == 0)
			return at;
	return NULL;
}

static void read_machine(struct imported_pool *pool,
			 const struct element *machine, const char *fallback,
			 const char *const interfaces[SERVICE_COUNT])
{
	struct imported_machine *read = &pool->machines[pool->machine_count++];
	const char *name = element_value(machine, "Fqdn");
	const struct element *at = element_child(machine, "NetInterface");

	read->name = *name ? name : fallback;
	read->internal = element_value(find_interface(machine, "Internal", "1"),
				       "IPAddress");
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		read->addresses[i] = element_value(
			find_interface(machine, "External", interfaces[i]),
			"IPAddress");
	read->av_public = element_value(
		find_interface(machine, "External", interfaces[SERVICE_AV]),
		"ConfiguredIPAddress");
	for (; at; at = element_next(at))
		if (*element_value(at, "ConfiguredIPAddress"))
			pool->has_nat = true;
}

static void read_machines(struct imported_pool *pool,
			  const struct element *cluster,
			  const char *const interfaces[SERVICE_COUNT])
{
	const struct element *machines = element_child(cluster, "Machines");
	const struct element *at =
		element_child(machines ? machines : cluster, "Machine");

	for (; at && pool->machine_count < TOPOLOGY_NODES_MAX;
	     at = element_next(at))
		read_machine(pool, at, pool->name, interfaces);
}

static bool is_director(struct importer *importer,
			const struct installed *registrar)
{
	const struct element *part =
		element_child(registrar->element, "RegistrarService");

	if (strcasecmp(element_value(part, "IsDirector"), "true") != 0)
		return false;
	for (size_t i = 0; i < importer->service_count; i++)
		if (strcmp(importer->services[i].role, "UserServices") == 0 &&
		    strcasecmp(importer->services[i].cluster,
			       registrar->cluster) == 0)
			return false;
	return true;
}

static void read_next_hop(struct importer *importer, struct imported_pool *pool,
			  const struct installed *edge)
{
	pool->next_hop = "";
	for (size_t i = 0; i < importer->service_count; i++) {
		const struct installed *service = &importer->services[i];
		const struct element *port = first_port(service);

		if (strcmp(service->role, "Registrar") != 0 ||
		    !depends_on(importer, edge, service->key))
			continue;
		pool->next_hop = cluster_name(importer, service->cluster);
		pool->next_hop_is_director = is_director(importer, service);
		for (; port; port = element_next(port))
			if (strcmp(element_value(port, "Usage"), "SipServer") ==
			    0)
				pool->next_hop_port = number_of(port, "Port");
		return;
	}
}

static void add_user(struct imported_pool *pool, const char *name)
{
	for (size_t i = 0; i < pool->pool_count; i++)
		if (strcasecmp(pool->pools[i], name) == 0)
			return;
	if (*name && pool->pool_count < IMPORT_POOLS_MAX)
		pool->pools[pool->pool_count++] = name;
}

static void read_users(struct importer *importer, struct imported_pool *pool,
		       const struct installed *edge)
{
	static const char *const roles[] = {"Registrar", "ConfServices",
					    "MediationServer"};

	for (size_t i = 0; i < importer->service_count; i++) {
		const struct installed *service = &importer->services[i];

		for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++)
			if (strcmp(service->role, roles[r]) == 0 &&
			    depends_on(importer, service, edge->key))
				add_user(pool, cluster_name(importer,
							    service->cluster));
	}
}

static bool has_one_name(const struct imported_pool *pool)
{
	const char *access = pool->names[SERVICE_ACCESS];

	return *access &&
	       strcasecmp(access, pool->names[SERVICE_WEBCONF]) == 0 &&
	       strcasecmp(access, pool->names[SERVICE_AV]) == 0;
}

static void read_pool(struct importer *importer, struct imported_pool *pool,
		      const struct installed *edge)
{
	const struct cluster *cluster = find_cluster(importer, edge->cluster);
	const char *interfaces[SERVICE_COUNT];
	const struct element *port = first_port(edge);

	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		pool->names[i] = interfaces[i] = "";
	pool->name = cluster ? element_value(cluster->element, "Fqdn") : "";
	pool->site = cluster ? cluster->site : "";
	pool->version = number_of(edge->element, "ServiceVersion");
	for (; port; port = element_next(port)) {
		read_external(pool, port, interfaces);
		read_internal(pool, port);
	}
	pool->has_federation = pool->ports[LISTENER_FEDERATION];
	pool->has_xmpp = pool->ports[LISTENER_XMPP];
	pool->has_one_name = has_one_name(pool);
	if (cluster)
		read_machines(pool, cluster->element, interfaces);
	read_next_hop(importer, pool, edge);
	read_users(importer, pool, edge);
}

static void read_pools(struct importer *importer)
{
	struct imported *imported = importer->imported;

	imported->pools = arena_alloc(
		importer->arena, IMPORT_POOLS_MAX * sizeof(*imported->pools));
	for (size_t i = 0; i < importer->service_count; i++)
		if (strcmp(importer->services[i].role, "EdgeServer") == 0 &&
		    imported->pool_count < IMPORT_POOLS_MAX)
			read_pool(importer,
				  &imported->pools[imported->pool_count++],
				  &importer->services[i]);
}

struct imported *import_read(struct arena *arena, const char *path,
			     const char **why)
{
	struct importer importer = {
		.arena = arena,
		.imported = arena_alloc(arena, sizeof(struct imported)),
	};
	const struct element *topology = import_file(arena, path, why);

	if (!topology)
		return NULL;
	importer.imported->default_domain = "";
	importer.imported->format = strcmp(topology->name, "NewTopology") == 0
					    ? "tbxml"
					    : "topology";
	collect(&importer, topology, "");
	read_pools(&importer);
	if (importer.imported->pool_count)
		return importer.imported;
	*why = arena_format(arena, "%s: no Edge Servers in this topology",
			    path);
	return NULL;
}
