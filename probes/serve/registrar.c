#include "probes/serve/registrar.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "probes/serve/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SKEW_S 3600

/* edge-services.md 4.7 */
static const char *const servers[PRODUCT_COUNT] = {
	[PRODUCT_LYNC2010] = "RTC/4.0", [PRODUCT_LYNC2013] = "RTC/5.0",
	[PRODUCT_SFB2015] = "RTC/6.0",	[PRODUCT_SFB2019] = "RTC/7.0",
	[PRODUCT_SFBSE] = "RTC/7.0",
};

const char *registrar_server(enum product product)
{
	return servers[product];
}

char *registrar_refusal(struct arena *arena, enum product product)
{
	return arena_format(arena,
			    "SIP/2.0 400 Bad Request\r\n"
			    "Server: %s\r\n"
			    "Content-Length: 0\r\n\r\n",
			    servers[product]);
}

/* An answer: its status, and whether the Edge or its next hop gives it. */
struct answer {
	unsigned status;
	const char *reason;
	bool is_from_edge;   /* ms-user-logon-data */
	bool is_challenge;   /* Date, WWW-Authenticate */
	const char *remarks; /* further headers; NULL: none */
};

static const struct answer fine = {200, "OK", false, false, NULL};
static const struct answer not_allowed = {
	403, "Forbidden", true, false,
	"ms-diagnostics-public: 1027;reason=\"Cannot route this type of SIP "
	"request to or from federated partners\"\r\n"};
static const struct answer no_route = {504, "Server time-out", true, false,
				       NULL};
static const struct answer no_route_out = {504, "Server time-out", false, false,
					   NULL};
static const struct answer challenge = {401, "Unauthorized", false, true, NULL};
static const struct answer malformed = {400, "Bad Request", true, false, NULL};
static const struct answer forbidden = {
	403, "Forbidden", false, false,
	"ms-diagnostics-public: 4003;reason=\"Sender is not enabled for remote "
	"access\"\r\n"};

/* "sip:user@contoso.com:5061;transport=tls" to "contoso.com" */
static struct sip_text uri_host(struct sip_text uri)
{
	struct sip_text host = uri;
	const char *at;

	if (host.length < 4 || strncasecmp(host.data, "sip:", 4) != 0)
		return (struct sip_text){0};
	host.data += 4;
	host.length -= 4;
	at = memchr(host.data, '@', host.length);
	if (at) {
		host.length -= (size_t)(at + 1 - host.data);
		host.data = at + 1;
	}
	for (size_t i = 0; i < host.length; i++) {
		if (strchr(":;?", host.data[i]))
			host.length = i;
	}
	return host;
}

static bool is_served(const struct topology *topology, struct sip_text uri)
{
	struct sip_text host = uri_host(uri);

	for (size_t i = 0; i < topology->domain_count; i++) {
		if (sip_text_is(host, topology->domains[i]))
			return true;
	}
	return false;
}

static bool is_whole(const struct sip_message *message)
{
	static const char *const needed[] = {"Via", "From", "To", "Call-ID",
					     "CSeq"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!sip_header(message, needed[i], NULL))
			return false;
	}
	return true;
}

/* "sip:Options_User@contoso.com", whom partners ask for. */
static bool is_from_partner(const struct sip_message *message)
{
	static const char user[] = "sip:Options_User@";

	return sip_text_is(message->method, "OPTIONS") &&
	       message->uri.length > strlen(user) &&
	       strncasecmp(message->uri.data, user, strlen(user)) == 0;
}

static const struct answer *answer_partner(const struct registrar *registrar)
{
	if (quirks_have(registrar->quirks, QUIRK_PARTNER_REFUSED))
		return &not_allowed;
	return quirks_have(registrar->quirks, QUIRK_PARTNER_UNPROVEN)
		       ? &no_route
		       : &fine;
}

/*
 * A server of the pool is no remote user, and users sign in at its side. What
 * it sends is for partners outside, whom nobody plays here.
 */
static const struct answer *answer_inside(const struct registrar *registrar,
					  const struct sip_message *message)
{
	return sip_text_is(message->method, "OPTIONS") &&
			       sip_text_is(uri_host(message->uri),
					   registrar->inside_name)
		       ? &fine
		       : &no_route_out;
}

static const struct answer *choose(const struct registrar *registrar,
				   const struct sip_message *message)
{
	if (!is_whole(message))
		return &malformed;
	if (registrar->inside_name)
		return answer_inside(registrar, message);
	if (is_served(registrar->topology, message->uri) &&
	    is_from_partner(message))
		return answer_partner(registrar);
	if (!is_served(registrar->topology, message->uri) ||
	    sip_text_is(message->method, "OPTIONS") ||
	    quirks_have(registrar->quirks, QUIRK_NEXT_HOP_DEAD))
		return &no_route;
	if (quirks_have(registrar->quirks, QUIRK_ACCESS_DISABLED))
		return &forbidden;
	return &challenge;
}

static void print_date(FILE *out, const struct registrar *registrar,
		       const struct caller *caller)
{
	time_t seconds = (time_t)caller->wall_s;
	struct tm parts;
	char text[64];

	if (quirks_have(registrar->quirks, QUIRK_CLOCK_SKEW))
		seconds += SKEW_S;
	if (gmtime_r(&seconds, &parts) &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts))
		fprintf(out, "Date: %s\r\n", text);
}

/* MS-SIPAE 3.3.5.1, the schemes of 2010 and later. */
static void print_challenges(FILE *out, const struct registrar *registrar)
{
	static const struct {
		const char *name, *prefix;
		bool is_for_insiders; /* a ticket from the domain's KDC */
		bool has_web_service;
	} schemes[] = {
		{"NTLM", "", false, false},
		{"Kerberos", "sip/", true, false},
		{"TLS-DSK", "", false, true},
	};
	struct quirks quirks = registrar->quirks;
	int version = quirks_have(quirks, QUIRK_NO_TLS_DSK) ? 3 : 4;
	const char *web_services = quirks_have(quirks, QUIRK_INTERNAL_STS)
					   ? "fe01.corp.internal"
					   : registrar->web_services;

	if (quirks_have(quirks, QUIRK_DIGEST_ONLY)) {
		fputs("WWW-Authenticate: Digest realm=\"contoso.com\", "
		      "nonce=\"0123456789abcdef\", algorithm=MD5\r\n",
		      out);
		return;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if ((quirks_have(quirks, QUIRK_KERBEROS_ONLY) &&
		     !schemes[i].is_for_insiders) ||
		    (quirks_have(quirks, QUIRK_NO_TLS_DSK) &&
		     schemes[i].has_web_service) ||
		    (quirks_have(quirks, QUIRK_TLS_DSK_ONLY) &&
		     !schemes[i].has_web_service))
			continue;
		fprintf(out,
			"WWW-Authenticate: %s realm=\"SIP Communications "
			"Service\", targetname=\"%s%s\", version=%d",
			schemes[i].name, schemes[i].prefix, registrar->next_hop,
			version);
		if (schemes[i].has_web_service)
			fprintf(out,
				", sts-uri=\"https://%s:443/CertProv/"
				"CertProvisioningService.svc\"",
				web_services);
		fputs("\r\n", out);
	}
}

static void print_text(FILE *out, struct sip_text text)
{
	fwrite(text.data, 1, text.length, out);
}

static void print_tag(FILE *out, const struct caller *caller)
{
	fputs(";tag=", out);
	for (size_t i = 0; i < sizeof(caller->randomness); i++)
		fprintf(out, "%02X", caller->randomness[i]);
}

/* The headers that RFC 3261 8.2.6.2 has copied, in the Edge's order. */
static void print_copied(FILE *out, const struct sip_message *message,
			 const struct caller *caller)
{
	static const char *const copied[] = {"From", "To", "Call-ID", "CSeq"};

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
		const struct sip_header *header =
			sip_header(message, copied[i], NULL);

		if (!header)
			continue;
		fprintf(out, "%s: ", copied[i]);
		print_text(out, header->value);
		if (i == 1 && !sip_parameter(header->value, "tag").data)
			print_tag(out, caller);
		fputs("\r\n", out);
	}
}

/* The next hop's answers carry where the Edge saw the caller. */
static void print_vias(FILE *out, const struct sip_message *message,
		       const struct caller *caller, bool is_seen)
{
	const struct sip_header *via = sip_header(message, "Via", NULL);
	char address[ADDRESS_TEXT_BYTES];

	for (; via; via = sip_header(message, "Via", via)) {
		fputs("Via: ", out);
		print_text(out, via->value);
		if (is_seen)
			fprintf(out,
				";received=%s;ms-received-port=%u;"
				"ms-received-cid=%X",
				address_format(address, &caller->from.address),
				caller->from.port, caller->connection * 256);
		is_seen = false; /* the topmost only */
		fputs("\r\n", out);
	}
}

void registrar_echo(FILE *out, const struct sip_message *message,
		    const struct caller *caller)
{
	print_copied(out, message, caller);
	print_vias(out, message, caller, true);
}

/* While a deployment is upgraded, the pool is of 2010, say. */
static const char *server_of(const struct registrar *registrar,
			     const struct answer *answer)
{
	if (answer->is_challenge &&
	    quirks_have(registrar->quirks, QUIRK_MIXED_VERSIONS))
		return servers[PRODUCT_LYNC2010];
	return servers[registrar->topology->product];
}

char *registrar_answer(struct arena *arena, const struct registrar *registrar,
		       const struct sip_message *message,
		       const struct caller *caller)
{
	const struct answer *answer;
	size_t length;
	char *text;
	char *kept;
	FILE *out;

	if (!message->is_request || sip_text_is(message->method, "ACK"))
		return NULL;
	out = open_memstream(&text, &length);
	if (!out)
		die("out of memory");
	answer = choose(registrar, message);
	fprintf(out, "SIP/2.0 %u %s\r\n", answer->status, answer->reason);
	if (answer->is_from_edge)
		fputs("ms-user-logon-data: RemoteUser\r\n", out);
	if (answer->is_challenge) {
		print_date(out, registrar, caller);
		print_challenges(out, registrar);
	}
	print_copied(out, message, caller);
	print_vias(out, message, caller, !answer->is_from_edge);
	if (answer->remarks)
		fputs(answer->remarks, out);
	fprintf(out, "Server: %s\r\nContent-Length: 0\r\n\r\n",
		server_of(registrar, answer));
	if (fclose(out) != 0)
		die("out of memory");
	kept = arena_copy(arena, text, length);
	free(text);
	return kept;
}
