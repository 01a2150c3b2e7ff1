#include "probes/serve/servers.h"

#include "probes/serve/bound.h"
#include "probes/serve/faults.h"
#include "probes/serve/showing.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct server_leaf {
	struct server_leaf *next;
	const char *name;
	struct leaf leaf;
};

const struct server_fault_kind server_fault_table[] = {
	{"mute-port", "with --role: takes connections there and says nothing",
	 QUIRK_MUTE},
	{"refuse-port", "with --role: nothing listens there", QUIRK_REFUSE},
	{"reset-port", "with --role: resets connections there when spoken to",
	 QUIRK_RESET},
	{"ssh-port", "with --role: another program has the port, SSH",
	 QUIRK_SSH_THERE},
	{"http-port", "with --role: a web server has the port, over TLS",
	 QUIRK_HTTP_THERE},
};
const size_t server_fault_count = COUNT(server_fault_table);

bool server_fault_parse(struct arena *arena, const char *text,
			struct server_fault *fault, const char **why)
{
	char *id = arena_text(arena, text);
	char *port = strchr(id, ':');
	char *server = port ? strchr(port, '@') : NULL;

	*fault = (struct server_fault){.text = text};
	if (port)
		*port++ = '\0';
	if (server) {
		*server++ = '\0';
		fault->server = server;
	}
	if (!port || !port_parse(port, &fault->port)) {
		*why = arena_format(arena,
				    "'%s' is not ID:PORT[@SERVER], as with "
				    "--role it has to be",
				    text);
		return false;
	}
	for (size_t i = 0; i < server_fault_count; i++) {
		if (strcmp(server_fault_table[i].id, id) != 0)
			continue;
		fault->quirk = server_fault_table[i].quirk;
		return true;
	}
	*why = arena_format(arena, "unknown fault '%s' (see --list-faults)",
			    id);
	return false;
}

/* How each protocol of the table is held. */
static const struct manner {
	const char *protocol;
	enum talk_name talk;
	enum client_certificate asks;
} manners[] = {
	{"sip", TALK_SIP_CLEAR, CLIENT_CERTIFICATE_IGNORED},
	/* clients come there, too: asked for, and gone on without */
	{"sip-tls", TALK_SIP, CLIENT_CERTIFICATE_ASKED},
	{"sip-mtls", TALK_SIP, CLIENT_CERTIFICATE_REQUIRED},
	{"mtls", TALK_WEBCONF, CLIENT_CERTIFICATE_REQUIRED},
	{"psom-tls", TALK_WEBCONF, CLIENT_CERTIFICATE_IGNORED},
	{"tls", TALK_REPLICA_TLS, CLIENT_CERTIFICATE_IGNORED},
	{"tls+mtls", TALK_REPLICA_TLS, CLIENT_CERTIFICATE_ASKED},
	{"dcom-rpc", TALK_RPC, CLIENT_CERTIFICATE_IGNORED},
	{"https", TALK_REPLICA_TLS, CLIENT_CERTIFICATE_IGNORED},
	{"http", TALK_REPLICA, CLIENT_CERTIFICATE_IGNORED},
};

static const struct manner other_manner = {"", TALK_MUTE,
					   CLIENT_CERTIFICATE_IGNORED};

static const struct manner *manner_of(const char *protocol)
{
	for (size_t i = 0; i < COUNT(manners); i++)
		if (strcmp(manners[i].protocol, protocol) == 0)
			return &manners[i];
	return &other_manner;
}

enum talk_name servers_talk(const char *protocol)
{
	return manner_of(protocol)->talk;
}

static struct quirks quirks_at(const struct servers *servers,
			       const struct mission_host *host, uint16_t port)
{
	struct quirks quirks = quirks_none;

	for (size_t i = 0; i < servers->fault_count; i++) {
		const struct server_fault *fault = &servers->faults[i];

		if (fault->port == port &&
		    (!fault->server ||
		     strcasecmp(fault->server, host->node) == 0))
			quirks_add(&quirks, quirks_of(fault->quirk));
	}
	return quirks;
}

/* What a fault makes of a port; the first that is set decides. */
static enum talk_name talk_with(enum talk_name healthy, struct quirks quirks)
{
	static const struct {
		enum quirk quirk;
		enum talk_name talk;
	} odd[] = {
		{QUIRK_RESET, TALK_RESET},
		{QUIRK_MUTE, TALK_MUTE},
		{QUIRK_SSH_THERE, TALK_SSH},
		{QUIRK_HTTP_THERE, TALK_HTTP},
	};

	for (size_t i = 0; i < COUNT(odd); i++)
		if (quirks_have(quirks, odd[i].quirk))
			return odd[i].talk;
	return healthy;
}

/* The pool's name beside the server's own, as in its real certificate. */
static const char *pool_of(const struct topology *topology,
			   const struct mission_host *host)
{
	for (size_t i = 0; i < topology->pool_count; i++) {
		const struct server_pool *pool = &topology->pools[i];

		for (size_t s = 0; s < pool->server_count; s++)
			if (strcasecmp(pool->servers[s], host->node) == 0)
				return pool->name;
	}
	return NULL;
}

static const struct leaf *leaf_of(struct servers *servers,
				  const struct mission_host *host,
				  const char **why)
{
	const char *pool = pool_of(servers->topology, host);
	const char *names[] = {host->name ? host->name : host->node, pool};
	const struct leaf_spec spec = {
		.common_name = pool ? pool : names[0],
		.names = names,
		.name_count = pool ? 2 : 1,
		.first_day = -30,
		.last_day = 300,
		.key_bits = 2048,
		.digest = "SHA256",
		.purposes = "serverAuth,clientAuth",
		.revoking = REVOKING_NO_CDP,
	};
	struct server_leaf *one = servers->leaves;

	while (one && strcmp(one->name, host->node) != 0)
		one = one->next;
	if (one)
		return &one->leaf;
	one = arena_alloc(servers->arena, sizeof(*one));
	one->name = host->node;
	if (!authority_issue(servers->authority, &spec, &one->leaf, why))
		return NULL;
	one->next = servers->leaves;
	servers->leaves = one;
	return &one->leaf;
}

static bool set_tls(struct servers *servers, struct stand *stand,
		    const struct mission_host *host,
		    enum client_certificate asks, const char **why)
{
	const struct leaf *leaf = leaf_of(servers, host, why);

	if (servers->speaks_tls13)
		quirks_add(&stand->quirks, quirks_of(QUIRK_NEW_TLS));
	if (leaf)
		stand->reception.tls = showing_context(
			servers->authority, leaf, stand->quirks, asks, why);
	if (!stand->reception.tls)
		*why = arena_format(servers->arena, "%s: TLS: %s", host->node,
				    *why);
	return stand->reception.tls;
}

/* Datagrams of a language that nobody here speaks stay unread. */
static bool open_silent(struct servers *servers, struct stand *stand,
			const char **why)
{
	char text[ENDPOINT_TEXT_BYTES];

	stand->datagrams.descriptor = bound_open(&stand->local, stand->netns);
	if (stand->datagrams.descriptor >= 0)
		return true;
	*why = arena_format(
		servers->arena, "%s: bind %s/udp: %s", stand->node->name,
		endpoint_format(text, &stand->local.address, stand->local.port),
		strerror(-stand->datagrams.descriptor));
	return false;
}

static bool open_port(struct servers *servers, const struct mission_host *host,
		      const struct node *node, int netns,
		      const struct port_row *row, enum transport transport,
		      const char **why)
{
	const struct manner *manner = manner_of(row->protocol);
	const struct stand like = {
		.node = node,
		.listener = STAND_COUNT, /* no fault of the Edge is its */
		.key = row->protocol,
		.netns = netns,
		.local = {.name = host->name,
			  .address = host->address,
			  .port = (uint16_t)(row->first + servers->port_offset),
			  .transport = transport},
		.quirks = quirks_at(servers, host, row->first),
	};
	struct stand *stand =
		stands_add(servers->stands, servers->arena, &like);

	stand->reception = (struct reception){
		.hall = servers->hall,
		.talk = talk_of(talk_with(manner->talk, stand->quirks)),
		.registrar = {.topology = servers->topology,
			      .inside_name =
				      host->name ? host->name : host->node,
			      .quirks = stand->quirks},
		.is_replica = true,
	};
	if (quirks_have(stand->quirks, QUIRK_REFUSE))
		return true;
	if (transport == TRANSPORT_UDP)
		return open_silent(servers, stand, why);
	if (stand->reception.talk->is_tls &&
	    !set_tls(servers, stand, host, manner->asks, why))
		return false;
	return stand_open(stand, servers->arena, why);
}

/* Ranges belong to media, which come and go. */
static bool is_served(const struct servers *servers, const struct port_row *row)
{
	return strcmp(row->requirement->table, "server-ports") == 0 &&
	       row->listens && row->first == row->last &&
	       server_role_has(servers->role, row);
}

/* Of several rows of a port, one with TLS goes first: who else could not. */
static bool is_shadowed(const struct servers *servers,
			const struct port_row *rows, size_t count,
			const struct port_row *row)
{
	bool is_tls = talk_of(servers_talk(row->protocol))->is_tls;

	for (size_t i = 0; i < count; i++) {
		const struct port_row *other = &rows[i];
		bool other_is_tls =
			talk_of(servers_talk(other->protocol))->is_tls;

		if (other == row || other->first != row->first ||
		    !(other->transports & row->transports) ||
		    !is_served(servers, other))
			continue;
		if (is_tls != other_is_tls ? other_is_tls : other < row)
			return true;
	}
	return false;
}

bool servers_open(struct servers *servers, const struct mission_host *host,
		  int netns, const char **why)
{
	const struct node like = {.name = host->node};
	const struct node *node =
		arena_copy(servers->arena, &like, sizeof(like));
	size_t count;
	const struct port_row *rows = port_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!is_served(servers, &rows[i]) ||
		    is_shadowed(servers, rows, count, &rows[i]))
			continue;
		for (unsigned t = TRANSPORT_TCP; t <= TRANSPORT_UDP; t++)
			if (rows[i].transports & 1u << t &&
			    !open_port(servers, host, node, netns, &rows[i],
				       (enum transport)t, why))
				return false;
	}
	return true;
}

void servers_print_faults(const struct servers *servers,
			  const struct stand *stand, FILE *out)
{
	for (size_t i = 0; i < servers->fault_count; i++) {
		const struct server_fault *fault = &servers->faults[i];

		if (fault->port + servers->port_offset == stand->local.port &&
		    (!fault->server ||
		     strcasecmp(fault->server, stand->node->name) == 0))
			fprintf(out, "  fault: %s", fault->text);
	}
}

void servers_close(struct servers *servers)
{
	for (struct server_leaf *one = servers->leaves; one; one = one->next)
		leaf_clear(&one->leaf);
}
