#include "tools/edgeprobe/words.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "probes/probe.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOAK_DEFAULT_S 60
#define SOAK_MAX_S     3600

/* What people write where a name belongs, and what to write instead. */
static const char *name_advice(const char *text)
{
	struct address address;

	if (strchr(text, '/'))
		return "; give the name in it alone, no URL";
	if (address_parse(text, &address))
		return " but an address; give the name, and the address with "
		       "--connect NAME::ADDRESS:PORT";
	if (strchr(text, '@'))
		return "; write a SIP address as sip:USER@DOMAIN";
	if (strchr(text, ':'))
		return "; give ports with --access NAME:PORT and the like";
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return "; write an international name in its form "
			       "xn--...";
	return "";
}

/*
 * A host name of two labels or more, in lower case and without the dot of
 * the root, which no certificate has.
 */
const char *take_name(struct settings *settings, const char *option,
		      const char *text)
{
	char *name = arena_text(settings->arena, text);
	const char *advice = name_advice(text);

	if (*advice)
		die("%s: '%s' is not a host name%s", option, text, advice);
	if (!strchr(text, '.'))
		die("%s: '%s' has no dot, so it is no full host name", option,
		    text);
	if (!dns_name_is_lawful(text))
		die("%s: '%s' is not a host name", option, text);
	for (char *at = name; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (name[strlen(name) - 1] == '.')
		name[strlen(name) - 1] = '\0';
	return name;
}

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
	settings->services[service].name = take_name(settings, option, name);
}

void take_domain(struct settings *settings, const char *text)
{
	if (settings->domain_count == TOPOLOGY_DOMAINS_MAX)
		die("--sip-domain: at most %d", TOPOLOGY_DOMAINS_MAX);
	settings->domains[settings->domain_count++] =
		take_name(settings, "--sip-domain", text);
}

/* HOST:PORT:ADDR:PORT; PORT of HOST may be empty, for any. */
void take_override(struct settings *settings, const char *text)
{
	struct connect_override *override;
	char *name = arena_text(settings->arena, text);
	char *port = strchr(name, ':');
	char *to = port ? strchr(port + 1, ':') : NULL;
	const char *why;

	if (settings->override_count == SETTINGS_OVERRIDES_MAX)
		die("--connect: at most %d", SETTINGS_OVERRIDES_MAX);
	override = &settings->overrides[settings->override_count++];
	if (!to)
		die("--connect: '%s' is not HOST:PORT:ADDR:PORT", text);
	*port++ = *to++ = '\0';
	override->name = take_name(settings, "--connect", name);
	if (*port && !port_parse(port, &override->port))
		die("--connect: '%s' is not a port", port);
	if (!endpoint_parse(to, 0, &override->to, &why))
		die("--connect: '%s': %s", to, why);
	if (!override->to.port)
		die("--connect: '%s' has no port", to);
}

/* HOST:PORT, TCP unless /udp follows. */
void take_control(struct settings *settings, const char *text)
{
	char *place = arena_text(settings->arena, text);
	char *slash = strchr(place, '/');
	struct control_place *control;
	char *colon;
	const char *why;

	if (settings->control_count == DEPLOYMENT_CONTROLS_MAX)
		die("--control: at most %d", DEPLOYMENT_CONTROLS_MAX);
	control = &settings->controls[settings->control_count++];
	control->text = text;
	if (slash) {
		if (strcmp(slash, "/udp") != 0 && strcmp(slash, "/tcp") != 0)
			die("--control: '%s' is neither /tcp nor /udp", slash);
		if (slash[1] == 'u')
			control->endpoint.transport = TRANSPORT_UDP;
		*slash = '\0';
	}
	if (endpoint_parse(place, 0, &control->endpoint, &why)) {
		if (!control->endpoint.port)
			die("--control: '%s' has no port", text);
		return;
	}
	colon = strrchr(place, ':');
	if (!colon || !port_parse(colon + 1, &control->endpoint.port))
		die("--control: '%s' is not HOST:PORT[/udp]", text);
	*colon = '\0';
	control->endpoint.name = take_name(settings, "--control", place);
}

size_t take_list(struct settings *settings, const char *option,
		 const char *text, const char **items, size_t count)
{
	char *rest = arena_text(settings->arena, text);
	char *item;

	while ((item = strsep(&rest, ","))) {
		if (!scope_knows(item) && !probe_find(item))
			die("%s: '%s' is no probe, area or id (--list-probes, "
			    "--list-requirements)",
			    option, item);
		if (count == SETTINGS_SCOPE_MAX)
			die("%s: at most %d", option, SETTINGS_SCOPE_MAX);
		items[count++] = item;
	}
	return count;
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

void take_product(struct settings *settings, const char *text)
{
	if (!product_parse(text, &settings->product))
		die("--product: '%s' is none of lync2010, lync2013, sfb2015, "
		    "sfb2019, sfbse",
		    text);
	settings->has_product = true;
}

void take_kind(struct settings *settings, const char *text)
{
	if (!kind_parse(text, &settings->kind))
		die("--kind: '%s' is none of single-nat, single-public, "
		    "scaled-dnslb-nat, scaled-dnslb-public, scaled-hlb",
		    text);
	settings->has_kind = true;
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
	settings->host = take_name(settings, "target",
				   arena_copy(settings->arena, host, length));
}

int take_descriptor(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0 || number > INT_MAX)
		die("--key-passphrase-fd: '%s' is not a descriptor", text);
	return (int)number;
}
