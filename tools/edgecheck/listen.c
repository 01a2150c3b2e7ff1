#include "tools/edgecheck/listen.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/serve/bound.h"
#include "probes/serve/rehearsal_service.h"
#include "tools/edgecheck/pairing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the other side is told with. */
struct desk {
	const struct listen_settings *settings;
	const char *key; /* text */
};

static bool is_wildcard(const struct address *address)
{
	static const uint8_t none[16];

	return memcmp(address->bytes, none, sizeof(none)) == 0;
}

/* "192.0.2.10:7443", or "HOST:7443" */
static const char *where_text(char text[ENDPOINT_TEXT_BYTES],
			      const struct endpoint *at)
{
	if (!is_wildcard(&at->address))
		return endpoint_format(text, &at->address, at->port);
	snprintf(text, ENDPOINT_TEXT_BYTES, "HOST:%u", at->port);
	return text;
}

/* The command to run there is what this side has to say: standard output. */
static void show_command(void *context, const struct endpoint *at)
{
	const struct desk *desk = context;
	const struct listen_settings *settings = desk->settings;
	char where[ENDPOINT_TEXT_BYTES], until[CLOCK_TEXT_BYTES];

	if (settings->key_file)
		pairing_write(settings->key_file, desk->key);
	where_text(where, at);
	clock_format_seconds(until, (clock_wall_us() + settings->expiry_us) /
					    CLOCK_SECOND_US);
	printf("edgecheck listens on TCP %u until %s, for one run.\n", at->port,
	       until);
	if (is_wildcard(&at->address))
		printf("HOST is an address of this host, as the other sees "
		       "it.\n");
	if (settings->key_file)
		printf("Copy %s to the other host, and run there:\n\n"
		       "  edgecheck --toward %s --key-file %s -t FILE\n\n",
		       settings->key_file, where, settings->key_file);
	else
		printf("On the other host, run:\n\n"
		       "  " PAIRING_VARIABLE "=%s \\\n"
		       "    edgecheck --toward %s -t FILE\n\n",
		       desk->key, where);
	printf("FILE is the topology; without one, name ports: --ports "
	       "tcp/443,udp/3478.\n");
	fflush(stdout);
}

static void show_note(void *context, const struct address *whom,
		      const char *text)
{
	char from[ADDRESS_TEXT_BYTES];

	(void)context;
	log_note("%s: %s", address_format(from, whom), text);
}

static const struct {
	enum rehearsal_service_end end;
	int exit_code;
	const char *words;
} ends[] = {
	{REHEARSAL_SERVED, 0, NULL},
	{REHEARSAL_BROKEN_OFF, EXIT_UNKNOWN,
	 "broken off: begin again with a new key"},
	{REHEARSAL_EXPIRED, EXIT_UNKNOWN, "the time is up (--expiry)"},
	{REHEARSAL_STOPPED, EXIT_UNKNOWN, "stopped"},
};

static int conclude(enum rehearsal_service_end end)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].end != end)
			continue;
		if (ends[i].words)
			log_note("%s", ends[i].words);
		return ends[i].exit_code;
	}
	return EXIT_UNKNOWN;
}

int listen_serve(const struct listen_settings *settings)
{
	char text[PAIRING_TEXT_BYTES], where[ENDPOINT_TEXT_BYTES];
	struct channel_key key;
	struct desk desk = {settings, text};
	struct rehearsal_service service = {
		.at = settings->at,
		.key = &key,
		.expiry_us = settings->expiry_us,
		.allowed = settings->allowed,
		.allowed_count = settings->allowed_count,
		.ready = show_command,
		.note = show_note,
		.context = &desk,
	};
	enum rehearsal_service_end end;
	int error = 0;

	pairing_make(&key, text);
	service.at.transport = TRANSPORT_TCP;
	if (!service.at.address.family)
		service.at.address.family = AF_INET;
	end = rehearsal_serve(&service, &error);
	/* what is spent needs no file, and the next key may have its name */
	if (settings->key_file && end != REHEARSAL_CANNOT_BIND)
		unlink(settings->key_file);
	explicit_bzero(text, sizeof(text));
	pairing_forget(&key);
	if (end == REHEARSAL_CANNOT_BIND)
		die("--listen %s: %s%s", where_text(where, &service.at),
		    strerror(error), bound_hint(error));
	return conclude(end);
}
