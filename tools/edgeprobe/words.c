#include "tools/edgeprobe/words.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOAK_DEFAULT_S 60
#define SOAK_MAX_S     3600

void take_service(struct settings *settings, enum service service,
		  const char *text)
{
	char option[32];
	char *name = arena_text(settings->arena, text);
	char *colon = strchr(name, ':');

	snprintf(option, sizeof(option), "--%s", service_name(service));
	if (colon) {
		*colon = '\0';
		if (!port_parse(colon + 1, &settings->services[service].port))
			die("%s: '%s' is not a port", option, colon + 1);
	}
	settings->services[service].name =
		looking_name(settings->arena, option, name);
}

void take_domain(struct settings *settings, const char *text)
{
	if (settings->domain_count == TOPOLOGY_DOMAINS_MAX)
		die("--sip-domain: at most %d", TOPOLOGY_DOMAINS_MAX);
	settings->domains[settings->domain_count++] =
		looking_name(settings->arena, "--sip-domain", text);
}

void take_soak(struct settings *settings, const char *text)
{
	char *end = NULL;
	long seconds = text ? strtol(text, &end, 10) : SOAK_DEFAULT_S;

	if (text &&
	    (end == text || *end || seconds < 1 || seconds > SOAK_MAX_S))
		die("--soak: '%s' is not a number of seconds from 1 to %d",
		    text, SOAK_MAX_S);
	settings->soaks = true;
	settings->soak_us = seconds * CLOCK_SECOND_US;
}

/* A SIP domain, an Edge name or a SIP URI. */
void take_target(struct settings *settings, const char *text)
{
	const char *host = text;
	size_t length = strlen(text);

	if (settings->target)
		die("one target at a time: '%s' is one too many", text);
	settings->target = text;
	settings->is_uri = strncasecmp(text, "sip:", 4) == 0 ||
			   strncasecmp(text, "sips:", 5) == 0;
	if (settings->is_uri) {
		const char *at = strchr(text, '@');

		host = at ? at + 1 : strchr(text, ':') + 1;
		length = strcspn(host, ":;?>");
	}
	settings->host =
		looking_name(settings->arena, "target",
			     arena_copy(settings->arena, host, length));
}
