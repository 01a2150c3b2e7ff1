#include "tools/edgeturn/settings.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "tools/shared/secrets.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#define MRAS_PORT	5062
#define ECHO_PORT	3479
#define STREAM_MAX_US	(20 * CLOCK_SECOND_US)
#define COUNT_MAX	200
#define INTERVAL_MIN_MS 20
#define LIFETIME_MAX_S	3600

enum {
	KEY_UDP = 0x3000,
	KEY_RFC,
	KEY_TCP,
	KEY_CREDENTIALS,
	KEY_RELAY,
	KEY_PEER,
	KEY_ECHO,
	KEY_ECHO_KEY,
	KEY_COUNT,
	KEY_INTERVAL,
	KEY_LIFETIME,
	KEY_ABUSE,
	KEY_RESOLVER,
	KEY_MY_ADDRESS,
	KEY_GET_CREDENTIALS,
	KEY_MRAS_URI,
	KEY_CERT,
	KEY_KEY,
	KEY_PASSPHRASE_FD,
	KEY_CA_FILE,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What to ask the relay:", 1},
	{"credentials", KEY_CREDENTIALS, "FILE", 0,
	 "Allocate with these, see edgeprobe-credentials(5); without, the "
	 "relay only says that it is there",
	 1},
	{"udp", KEY_UDP, NULL, 0, "Over UDP alone", 1},
	{"tcp", KEY_TCP, NULL, 0, "Over TCP alone", 1},
	{"rfc", KEY_RFC, NULL, 0,
	 "It is a standard TURN server (RFC 8656), not an A/V Edge", 1},
	{"lifetime", KEY_LIFETIME, "SECONDS", 0,
	 "Ask for an allocation of that long (60)", 1},
	{"abuse-check", KEY_ABUSE, NULL, 0,
	 "Also ask whether it relays to private addresses", 1},
	{NULL, 0, NULL, 0, "What to send through it:", 2},
	{"peer", KEY_PEER, "HOST:PORT", 0,
	 "To edgeturn --echo there, and not to a second socket here", 2},
	{"echo-key", KEY_ECHO_KEY, "FILE", 0,
	 "The key that it was started with", 2},
	{"relay", KEY_RELAY, NULL, 0,
	 "A stream as of a voice: 50 packets a second for 10 seconds", 2},
	{"count", KEY_COUNT, "NUMBER", 0, "So many packets (5)", 2},
	{"interval", KEY_INTERVAL, "MS", 0,
	 "So many milliseconds between them (50)", 2},
	{NULL, 0, NULL, 0, "To be the far side:", 3},
	{"echo", KEY_ECHO, "[ADDR:]PORT", OPTION_ARG_OPTIONAL,
	 "Send back what comes with the key of --echo-key, which is made "
	 "where there is none (port 3479)",
	 3},
	{NULL, 0, NULL, 0, "To get credentials, from inside:", 4},
	{"get-credentials", KEY_GET_CREDENTIALS, "EDGE[:PORT]", 0,
	 "Ask the A/V Authentication service there (5062), and write the file "
	 "of --credentials",
	 4},
	{"mras-uri", KEY_MRAS_URI, "URI", 0,
	 "Its SIP URI, as clients are told when they sign in", 4},
	{"cert", KEY_CERT, "FILE", 0,
	 "The certificate (PEM) of a server that the Edge trusts", 4},
	{"key", KEY_KEY, "FILE", 0,
	 "Its private key (PEM); else it is in the same file", 4},
	{"key-passphrase-fd", KEY_PASSPHRASE_FD, "NUMBER", 0,
	 "Read the key's passphrase from this descriptor", 4},
	{"ca-file", KEY_CA_FILE, "FILE", 0,
	 "Roots (PEM) that stand for the system's store", 4},
	{NULL, 0, NULL, 0, "How to get there:", 5},
	{"my-address", KEY_MY_ADDRESS, "ADDR", 0,
	 "As what the Internet sees this place: what the relay sees instead is "
	 "not NAT of ours",
	 5},
	{"resolver", KEY_RESOLVER, "ADDR[:PORT]", 0, "Ask this DNS server", 5},
	{0},
};

static unsigned take_number(const char *option, const char *text,
			    unsigned least, unsigned most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || value < least ||
	    value > most)
		die("%s: '%s' is not a number from %u to %u", option, text,
		    least, most);
	return (unsigned)value;
}

/* NAME, NAME:PORT or an address with or without a port. */
static void take_target(struct settings *settings, const char *text)
{
	char *name = arena_text(settings->arena, text);
	char *colon = strrchr(name, ':');
	const char *why;

	if (settings->host || settings->at.address.family)
		die("one relay at a time: %s is one too many", text);
	if (endpoint_parse(text, 1, &settings->at, &why)) {
		bool has_port = settings->at.port != 1;

		settings->port = has_port ? settings->at.port : 0;
		return;
	}
	settings->at = (struct endpoint){0};
	if (colon) {
		*colon = '\0';
		if (!port_parse(colon + 1, &settings->port))
			die("%s: '%s' is not a port", text, colon + 1);
	}
	if (!strchr(name, '.'))
		die("'%s' has no dot, so it is no full host name", text);
	if (!dns_name_is_lawful(name))
		die("'%s' is neither the name of a host nor an address", text);
	settings->host = name;
}

/* A host by the system's own lookup: it is no part of what is looked at. */
static void take_host(const char *option, const char *text, uint16_t port,
		      struct endpoint *endpoint)
{
	char name[NAME_BYTES_MAX];
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const char *why;

	if (endpoint_parse(text, port, endpoint, &why))
		return;
	if (length >= sizeof(name) || (colon && !port_parse(colon + 1, &port)))
		die("%s: '%s' is no HOST:PORT", option, text);
	memcpy(name, text, length);
	name[length] = '\0';
	if (getaddrinfo(name, NULL, &hints, &found) != 0 ||
	    !endpoint_from_sockaddr(endpoint, found->ai_addr))
		die("%s: no address of '%s' is known", option, name);
	endpoint->port = port;
	freeaddrinfo(found);
}

static void take_peer(struct settings *settings, const char *text)
{
	take_host("--peer", text, ECHO_PORT, &settings->wish.peer);
}

static void take_echo(struct settings *settings, const char *text)
{
	const char *why;
	uint16_t port = ECHO_PORT;

	settings->serves_echo = true;
	settings->echo = (struct endpoint){.address.family = AF_INET6,
					   .port = ECHO_PORT};
	if (!text)
		return;
	if (port_parse(text, &port))
		settings->echo.port = port;
	else if (!endpoint_parse(text, ECHO_PORT, &settings->echo, &why))
		die("--echo: '%s': %s", text, why);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct settings *settings = state->input;
	struct relay_wish *wish = &settings->wish;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &settings->common;
		return 0;
	case ARGP_KEY_ARG:
		take_target(settings, text);
		return 0;
	case KEY_RFC:
		settings->is_standard = true;
		return 0;
	case KEY_UDP:
		settings->udp = true;
		return 0;
	case KEY_TCP:
		settings->tcp = true;
		return 0;
	case KEY_CREDENTIALS:
		settings->credentials_file = text;
		return 0;
	case KEY_RELAY:
		wish->voice = true;
		return 0;
	case KEY_PEER:
		take_peer(settings, text);
		return 0;
	case KEY_ECHO:
		take_echo(settings, text);
		return 0;
	case KEY_ECHO_KEY:
		settings->echo_key_file = text;
		return 0;
	case KEY_COUNT:
		wish->count = take_number("--count", text, 1, COUNT_MAX);
		return 0;
	case KEY_INTERVAL:
		wish->interval_us =
			CLOCK_SECOND_US / 1000 *
			take_number("--interval", text, INTERVAL_MIN_MS, 1000);
		return 0;
	case KEY_LIFETIME:
		wish->lifetime_s =
			take_number("--lifetime", text, 1, LIFETIME_MAX_S);
		return 0;
	case KEY_ABUSE:
		wish->abuse_check = true;
		return 0;
	case KEY_GET_CREDENTIALS:
		settings->desk_text = text;
		take_host("--get-credentials", text, MRAS_PORT,
			  &settings->desk);
		settings->desk.transport = TRANSPORT_TCP;
		return 0;
	case KEY_MRAS_URI:
		settings->mras_uri = text;
		return 0;
	case KEY_CERT:
		settings->identity.cert_file = text;
		return 0;
	case KEY_KEY:
		settings->identity.key_file = text;
		return 0;
	case KEY_PASSPHRASE_FD:
		settings->identity.passphrase_fd =
			(int)take_number("--key-passphrase-fd", text, 0, 1023);
		return 0;
	case KEY_CA_FILE:
		settings->ca_file = text;
		return 0;
	case KEY_MY_ADDRESS:
		way_take_my_address(&settings->way, text);
		return 0;
	case KEY_RESOLVER:
		way_take_resolver(&settings->way, text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&options_argp, 0, NULL, 0},
	{0},
};

static const struct argp command_line = {
	.options = table,
	.parser = parse,
	.args_doc = "RELAY[:PORT]\n--echo --echo-key FILE\n"
		    "--get-credentials EDGE --mras-uri URI --cert FILE "
		    "--credentials FILE",
	.doc = "Hold one conversation with the relay of an A/V Edge, and send "
	       "packets through it and back.\v"
	       "Exit status: 0 all is well, 1 warnings, 2 something is "
	       "blocked or wrong, 3 unknown, or bad input.\n\n"
	       "Example: edgeturn av.contoso.com --credentials my.credentials",
	.children = children,
};

static void check_desk(struct settings *settings)
{
	if (!settings->mras_uri || !settings->identity.cert_file ||
	    !settings->credentials_file)
		die("--get-credentials: give --mras-uri, --cert, and in "
		    "--credentials the file to write");
	if (!settings->identity.key_file)
		settings->identity.key_file = settings->identity.cert_file;
}

static void check_stream(const struct relay_wish *wish, bool has_credentials)
{
	if (wish->voice && (wish->count || wish->interval_us))
		die("--relay: it has its own --count and --interval");
	if (wish->count * wish->interval_us > STREAM_MAX_US)
		die("--count, --interval: together at most %d s",
		    (int)(STREAM_MAX_US / CLOCK_SECOND_US));
	if (!has_credentials && (wish->voice || wish->count ||
				 wish->interval_us || wish->abuse_check))
		die("nothing is relayed without --credentials");
}

static void check_sense(struct settings *settings)
{
	if (settings->desk_text) {
		check_desk(settings);
		return;
	}
	bool has_target = settings->host || settings->at.address.family;

	if (settings->serves_echo && has_target)
		die("--echo: it asks no relay");
	if (settings->serves_echo && !settings->echo_key_file)
		die("--echo: give the file of its key (--echo-key)");
	if (settings->serves_echo)
		return;
	if (!has_target)
		die("which relay? The name of an A/V Edge (try --help)");
	if (settings->wish.peer.address.family && !settings->echo_key_file)
		die("--peer: give the key that it was started with "
		    "(--echo-key)");
	if (settings->wish.peer.address.family && !settings->credentials_file)
		die("--peer: nothing is relayed without --credentials");
	check_stream(&settings->wish, settings->credentials_file != NULL);
}

void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv)
{
	settings->arena = arena;
	settings->common = options_default;
	settings->identity.passphrase_fd = -1;
	options_parse(&command_line, argc, argv, settings);
	check_sense(settings);
}

void settings_read_credentials(struct settings *settings,
			       struct credentials *credentials)
{
	if (!settings->credentials_file)
		return;
	secrets_read_credentials(settings->arena, credentials,
				 settings->credentials_file,
				 settings->is_standard);
	settings->wish.credentials = credentials;
}
