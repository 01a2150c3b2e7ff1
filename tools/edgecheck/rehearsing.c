#include "tools/edgecheck/rehearsing.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "tools/edgecheck/settings.h"

#define EXPIRY_MAX_S 86400

enum {
	KEY_KEY_FILE = 1,
	KEY_KEY_FD,
	KEY_EXPIRY,
	KEY_ALLOW,
	KEY_HERE,
	KEY_THERE,
	KEY_PORTS,
	KEY_PORTS_BACK,
	KEY_FULL,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "Before installation (--listen, --toward):", 4},
	{"key-file", KEY_KEY_FILE, "FILE", 0,
	 "The one-time key: written by --listen, read by --toward, which "
	 "else takes EDGECHECK_KEY",
	 4},
	{"key-fd", KEY_KEY_FD, "NUMBER", 0, "Read it from this descriptor", 4},
	{"expiry", KEY_EXPIRY, "SECONDS", 0,
	 "Listen so long at most (default 600)", 4},
	{"allow", KEY_ALLOW, "NETWORK", 0,
	 "Listen to this network alone, and send to it; may be given several "
	 "times",
	 4},
	{"here", KEY_HERE, "PLACE", 0,
	 "What this host stands for: outside (the default), inside or edge", 4},
	{"there", KEY_THERE, "PLACE", 0,
	 "What the listening host stands for: edge (the default), outside or "
	 "inside",
	 4},
	{"ports", KEY_PORTS, "LIST", 0,
	 "Without a topology: try tcp/443,udp/50000-59999 from here to there",
	 4},
	{"ports-back", KEY_PORTS_BACK, "LIST", 0, "The same from there to here",
	 4},
	{"full", KEY_FULL, NULL, 0, "Try every port of a range, not 16 of them",
	 4},
	{0},
};

static void take_network(struct listen_settings *listen, const char *text)
{
	const char *why;

	if (listen->allowed_count == LISTEN_NETWORKS_MAX)
		die("--allow: at most %d", LISTEN_NETWORKS_MAX);
	if (!network_parse(text, &listen->allowed[listen->allowed_count++],
			   &why))
		die("--allow: '%s': %s", text, why);
}

static void take_part(const char *option, const char *text,
		      enum toward_part *part)
{
	if (!toward_part_parse(text, part))
		die("%s: '%s' is none of edge, outside, inside", option, text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct rehearsing *rehearsing = state->input;
	struct toward_settings *toward = &rehearsing->toward;

	switch (key) {
	case ARGP_KEY_INIT:
		toward->key_fd = -1;
		toward->here = PART_OUTSIDE;
		toward->there = PART_EDGE;
		rehearsing->listen.expiry_us =
			LISTEN_EXPIRY_S * CLOCK_SECOND_US;
		return 0;
	case KEY_KEY_FILE:
		rehearsing->key_file = text;
		return 0;
	case KEY_KEY_FD:
		toward->key_fd = options_descriptor("--key-fd", text);
		return 0;
	case KEY_EXPIRY:
		rehearsing->listen.expiry_us =
			options_seconds("--expiry", text, EXPIRY_MAX_S);
		return 0;
	case KEY_ALLOW:
		take_network(&rehearsing->listen, text);
		return 0;
	case KEY_HERE:
		take_part("--here", text, &toward->here);
		return 0;
	case KEY_THERE:
		take_part("--there", text, &toward->there);
		return 0;
	case KEY_PORTS:
		toward->ports = text;
		return 0;
	case KEY_PORTS_BACK:
		toward->ports_back = text;
		return 0;
	case KEY_FULL:
		toward->is_full = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp rehearsing_argp = {.options = table, .parser = parse};

static void take_at(struct listen_settings *listen, const char *text)
{
	const char *why;

	listen->at.port = LISTEN_PORT;
	if (!text || port_parse(text, &listen->at.port))
		return;
	if (!endpoint_parse(text, LISTEN_PORT, &listen->at, &why))
		die("--listen: '%s': %s", text, why);
}

int rehearsing_listen(struct settings *settings)
{
	struct listen_settings *listen = &settings->rehearsing.listen;

	if (settings->host_count)
		die("--listen: '%s' is one too many; an address stands behind "
		    "an equals sign, --listen=%s",
		    settings->hosts[0], settings->hosts[0]);
	take_at(listen, settings->mode_text);
	listen->key_file = settings->rehearsing.key_file;
	return listen_serve(listen);
}

int rehearsing_toward(struct settings *settings)
{
	struct toward_settings *toward = &settings->rehearsing.toward;

	if (settings->host_count)
		die("--toward: '%s' is one too many", settings->hosts[0]);
	toward->looking = &settings->looking;
	toward->host = settings->mode_text;
	toward->key_file = settings->rehearsing.key_file;
	return toward_look(toward);
}
