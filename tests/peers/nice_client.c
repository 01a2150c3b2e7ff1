/*
 * nice_client - libnice as an independent client of a relay.
 *
 * usage: nice_client HOW ADDRESS PORT CREDENTIALS [DIALECT [exchange]]
 *
 * HOW is udp, or tcp (of MSTURN through the pseudo-TLS hello, [MS-TURN]
 * 2.1.1). CREDENTIALS is a file of lines "username = ..." and "password = ...",
 * base64 for DIALECT oc2007 and oc2007r2 (the default), plain for rfc.
 *
 * Allocates and prints "relayed udp 192.0.2.20:50123" for each relayed
 * candidate. With exchange, two agents that may use nothing but their relayed
 * candidates find each other and each sends; "a received: hello from b" says
 * that it arrived. In the end the allocations are given back. Exit code 0 when
 * all of that came about, 1 when not, 2 for bad usage; at most LIMIT_S.
 */
#include <nice/agent.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_S	  20
#define SEND_MS	  100
#define CLOSE_S	  3
#define COMPONENT 1
#define HELLO	  "hello from "

struct end {
	const char *name;
	NiceAgent *agent;
	guint stream;
	gboolean has_gathered, has_received, is_closed;
	NiceComponentState state;
};

struct client {
	GMainContext *context;
	NiceCompatibility compatibility;
	NiceRelayType how;
	const char *address;
	guint port;
	char *username, *password;
	struct end ends[2];
	size_t end_count;
	gboolean is_late, is_time; /* to give up, to send once more */
};

/* The rest of a line "name = value", or NULL. */
static char *value_of(char **lines, const char *name)
{
	for (; *lines; lines++) {
		char **parts = g_strsplit(*lines, "=", 2);
		char *value = NULL;

		if (parts[0] && parts[1] &&
		    strcmp(g_strstrip(parts[0]), name) == 0)
			value = g_strdup(g_strstrip(parts[1]));
		g_strfreev(parts);
		if (value)
			return value;
	}
	return NULL;
}

static gboolean read_credentials(struct client *client, const char *path)
{
	char *text = NULL;
	char **lines;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	client->username = value_of(lines, "username");
	client->password = value_of(lines, "password");
	g_strfreev(lines);
	g_free(text);
	return client->username && client->password;
}

static gboolean read_arguments(struct client *client, int count, char **words)
{
	static const struct {
		const char *name;
		NiceCompatibility compatibility;
	} dialects[] = {
		{"oc2007r2", NICE_COMPATIBILITY_OC2007R2},
		{"oc2007", NICE_COMPATIBILITY_OC2007},
		{"rfc", NICE_COMPATIBILITY_RFC5245},
	};
	const char *dialect = count > 5 ? words[5] : dialects[0].name;
	gboolean is_tcp = count > 1 && strcmp(words[1], "tcp") == 0;
	size_t i = 0;

	if (count < 5 || count > 7 || (!is_tcp && strcmp(words[1], "udp")) ||
	    (count == 7 && strcmp(words[6], "exchange")))
		return FALSE;
	while (i < G_N_ELEMENTS(dialects) && strcmp(dialects[i].name, dialect))
		i++;
	if (i == G_N_ELEMENTS(dialects))
		return FALSE;
	client->compatibility = dialects[i].compatibility;
	client->how = NICE_RELAY_TYPE_TURN_UDP;
	if (is_tcp)
		client->how = strcmp(dialect, "rfc") == 0
				      ? NICE_RELAY_TYPE_TURN_TCP
				      : NICE_RELAY_TYPE_TURN_TLS;
	client->address = words[2];
	client->port = (guint)g_ascii_strtoull(words[3], NULL, 10);
	client->end_count = count == 7 ? 2 : 1;
	return read_credentials(client, words[4]);
}

static void has_gathered(NiceAgent *agent, guint stream, gpointer data)
{
	struct end *end = data;

	(void)agent;
	(void)stream;
	end->has_gathered = TRUE;
}

static void state_changed(NiceAgent *agent, guint stream, guint component,
			  guint state, gpointer data)
{
	struct end *end = data;

	(void)agent;
	(void)stream;
	(void)component;
	end->state = state;
}

static gboolean is_ready(const struct end *end)
{
	return end->state == NICE_COMPONENT_STATE_READY ||
	       end->state == NICE_COMPONENT_STATE_CONNECTED;
}

static void received(NiceAgent *agent, guint stream, guint component,
		     guint length, gchar *bytes, gpointer data)
{
	struct end *end = data;

	(void)agent;
	(void)stream;
	(void)component;
	if (end->has_received)
		return;
	if (length < strlen(HELLO) || memcmp(bytes, HELLO, strlen(HELLO))) {
		printf("%s received %u other bytes\n", end->name, length);
		return;
	}
	printf("%s received: %.*s\n", end->name, (int)length, bytes);
	end->has_received = TRUE;
}

static gboolean is_late(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

static gboolean is_time(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_CONTINUE;
}

/* The one that the kernel would send from; by itself libnice takes those of
 * every interface, but none of loopback. */
static gboolean local_address(NiceAgent *agent, const struct client *client)
{
	struct sockaddr_storage local;
	socklen_t length = sizeof(local);
	NiceAddress address;
	gboolean is_known;
	int fd;

	nice_address_init(&address);
	if (!nice_address_set_from_string(&address, client->address))
		return FALSE;
	nice_address_set_port(&address, client->port);
	nice_address_copy_to_sockaddr(&address, (struct sockaddr *)&local);
	fd = socket(local.ss_family, SOCK_DGRAM, 0);
	is_known = fd >= 0 &&
		   connect(fd, (struct sockaddr *)&local, length) == 0 &&
		   getsockname(fd, (struct sockaddr *)&local, &length) == 0;
	if (fd >= 0)
		close(fd);
	nice_address_set_from_sockaddr(&address, (struct sockaddr *)&local);
	nice_address_set_port(&address, 0);
	return is_known && nice_agent_add_local_address(agent, &address);
}

/* The checks of this one say nothing of who decides; over TCP one that waits
 * for the other's decision waits for ever. */
static gboolean has_no_roles(const struct client *client)
{
	return client->compatibility == NICE_COMPATIBILITY_OC2007;
}

static gboolean end_begin(struct client *client, struct end *end,
			  gboolean is_controlling)
{
	end->agent = nice_agent_new(client->context, client->compatibility);
	g_object_set(end->agent, "force-relay", TRUE, "upnp", FALSE,
		     "controlling-mode", is_controlling, NULL);
	g_signal_connect(end->agent, "candidate-gathering-done",
			 G_CALLBACK(has_gathered), end);
	g_signal_connect(end->agent, "component-state-changed",
			 G_CALLBACK(state_changed), end);
	if (!local_address(end->agent, client))
		return FALSE;
	end->stream = nice_agent_add_stream(end->agent, 1);
	return end->stream &&
	       nice_agent_set_relay_info(end->agent, end->stream, COMPONENT,
					 client->address, client->port,
					 client->username, client->password,
					 client->how) &&
	       nice_agent_attach_recv(end->agent, end->stream, COMPONENT,
				      client->context, received, end) &&
	       nice_agent_gather_candidates(end->agent, end->stream);
}

static void print_relayed(const NiceCandidate *candidate)
{
	static const char *const transports[] = {
		[NICE_CANDIDATE_TRANSPORT_UDP] = "udp",
		[NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE] = "tcp-active",
		[NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE] = "tcp-passive",
		[NICE_CANDIDATE_TRANSPORT_TCP_SO] = "tcp-so",
	};
	char text[NICE_ADDRESS_STRING_LEN];

	nice_address_to_string(&candidate->addr, text);
	printf("relayed %s %s:%u\n", transports[candidate->transport], text,
	       nice_address_get_port(&candidate->addr));
}

/* The relayed ones alone, as the other end shall see them. */
static GSList *relayed_candidates(const struct end *end)
{
	GSList *all = nice_agent_get_local_candidates(end->agent, end->stream,
						      COMPONENT);
	GSList *relayed = NULL;

	for (GSList *item = all; item; item = item->next) {
		NiceCandidate *candidate = item->data;

		if (candidate->type == NICE_CANDIDATE_TYPE_RELAYED)
			relayed = g_slist_append(relayed, candidate);
		else
			nice_candidate_free(candidate);
	}
	g_slist_free(all);
	return relayed;
}

static void free_candidates(GSList *candidates)
{
	g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
}

static gboolean introduce(const struct end *from, const struct end *to)
{
	GSList *candidates = relayed_candidates(from);
	gchar *fragment = NULL, *password = NULL;
	gboolean is_done;

	is_done = nice_agent_get_local_credentials(from->agent, from->stream,
						   &fragment, &password) &&
		  nice_agent_set_remote_credentials(to->agent, to->stream,
						    fragment, password) &&
		  nice_agent_set_remote_candidates(to->agent, to->stream,
						   COMPONENT, candidates) > 0;
	g_free(fragment);
	g_free(password);
	free_candidates(candidates);
	return is_done;
}

static gboolean gather(struct client *client)
{
	GSList *relayed;
	gboolean has_any;

	while (!client->is_late &&
	       !(client->ends[0].has_gathered &&
		 client->ends[client->end_count - 1].has_gathered))
		g_main_context_iteration(client->context, TRUE);
	for (size_t i = 0; i < client->end_count; i++) {
		relayed = relayed_candidates(&client->ends[i]);
		has_any = relayed != NULL;
		for (GSList *item = relayed; item; item = item->next)
			print_relayed(item->data);
		free_candidates(relayed);
		if (!has_any) {
			puts("no relayed candidate");
			return FALSE;
		}
	}
	return TRUE;
}

static void send_hello(const struct end *end)
{
	char text[32];

	g_snprintf(text, sizeof(text), HELLO "%s", end->name);
	if (is_ready(end))
		nice_agent_send(end->agent, end->stream, COMPONENT,
				(guint)strlen(text), text);
}

static gboolean exchange(struct client *client)
{
	struct end *a = &client->ends[0], *b = &client->ends[1];

	if (!introduce(a, b) || !introduce(b, a)) {
		puts("no candidates to exchange");
		return FALSE;
	}
	while (!client->is_late && !(a->has_received && b->has_received)) {
		g_main_context_iteration(client->context, TRUE);
		if (!client->is_time)
			continue;
		client->is_time = FALSE;
		send_hello(a);
		send_hello(b);
	}
	if (client->is_late)
		printf("nothing more arrives: %s %s, %s %s\n", a->name,
		       nice_component_state_to_string(a->state), b->name,
		       nice_component_state_to_string(b->state));
	return a->has_received && b->has_received;
}

static void is_closed(GObject *agent, GAsyncResult *result, gpointer data)
{
	(void)agent;
	(void)result;
	((struct end *)data)->is_closed = TRUE;
}

/* Gives the allocations back. */
static void end_finish(struct client *client, struct end *end)
{
	gboolean late = FALSE;
	guint timer = g_timeout_add_seconds(CLOSE_S, is_late, &late);

	nice_agent_close_async(end->agent, is_closed, end);
	while (!late && !end->is_closed)
		g_main_context_iteration(client->context, TRUE);
	if (!late)
		g_source_remove(timer);
	puts(end->is_closed ? "closed" : "not closed");
	g_object_unref(end->agent);
}

int main(int argc, char **argv)
{
	struct client client = {
		.ends = {{.name = "a"}, {.name = "b"}},
		.context = g_main_context_default(),
	};
	gboolean is_good = TRUE;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_arguments(&client, argc, argv)) {
		fputs("usage: nice_client udp|tcp ADDRESS PORT CREDENTIALS "
		      "[oc2007|oc2007r2|rfc [exchange]]\n",
		      stderr);
		return 2;
	}
	g_timeout_add_seconds(LIMIT_S, is_late, &client.is_late);
	g_timeout_add(SEND_MS, is_time, &client.is_time);
	for (size_t i = 0; i < client.end_count; i++)
		is_good = end_begin(&client, &client.ends[i],
				    i == 0 || has_no_roles(&client)) &&
			  is_good;
	is_good = is_good && gather(&client);
	if (is_good && client.end_count == 2)
		is_good = exchange(&client);
	for (size_t i = 0; i < client.end_count; i++)
		end_finish(&client, &client.ends[i]);
	g_free(client.username);
	g_free(client.password);
	return is_good ? 0 : 1;
}
