#include "probes/sip_question.h"

#include "common/base/clock.h"
#include "common/base/dns_name.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/wire/mras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME		"sip:"
#define SCHEMES_MAX	16
#define DIAGNOSTICS_MAX 16

static const struct {
	const char *name, *method;
} kinds[] = {
	[SIP_CONTROL] = {"sip-options-control", "OPTIONS"},
	[SIP_OPTIONS] = {"sip-options", "OPTIONS"},
	[SIP_REGISTER] = {"sip-register", "REGISTER"},
	[SIP_PARTNER] = {"sip-partner-options", "OPTIONS"},
	[SIP_CREDENTIALS] = {"mras", "SERVICE"},
};

const char *sip_question_name(const struct sip_question *question)
{
	return kinds[question->kind].name;
}

struct id {
	char text[SIP_ID_BYTES + 1];
};

static struct id random_id(void)
{
	uint8_t bytes[SIP_ID_BYTES / 2] = {0};
	struct id id;

	random_fill(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id.text + 2 * i, 3, "%02x", bytes[i]);
	return id;
}

bool sip_domain_is_lawful(const char *domain)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";

	return dns_name_is_lawful(domain) &&
	       strspn(domain, allowed) == strlen(domain);
}

bool sip_uri_is_lawful(const char *uri)
{
	size_t length = strlen(uri);

	if (strncasecmp(uri, SCHEME, strlen(SCHEME)) != 0 ||
	    length == strlen(SCHEME) || length > MRAS_URI_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (uri[i] <= ' ' || uri[i] > '~' || strchr("<>\"", uri[i]))
			return false;
	return true;
}

/* The header lines that every request begins with. */
static const char *common_lines(struct check *check,
				struct sip_question *question,
				const struct endpoint *own, const char *to,
				const char *from)
{
	char here[ENDPOINT_TEXT_BYTES], host[ADDRESS_TEXT_BYTES];
	struct id branch = random_id(), tag = random_id();
	struct id call = random_id(), epid = random_id();
	const char *method = kinds[question->kind].method;

	endpoint_format(here, &own->address, own->port);
	address_format(host, &own->address);
	snprintf(question->branch, sizeof(question->branch), "z9hG4bK%s",
		 branch.text);
	return arena_format(check->settings->arena,
			    "Via: SIP/2.0/%s %s;branch=%s;rport\r\n"
			    "Max-Forwards: 70\r\n"
			    "From: <sip:%s>;tag=%.8s;epid=%.10s\r\n"
			    "To: <sip:%s>\r\n"
			    "Call-ID: %s@%s\r\n"
			    "CSeq: 1 %s\r\n"
			    "User-Agent: edgeprobe/" EDGEPROBE_VERSION
			    " (reachability test, sends no password)\r\n",
			    question->is_clear ? "TCP" : "TLS", here,
			    question->branch, from, tag.text, epid.text, to,
			    call.text, host, method);
}

/*
 * No Contact: older servers answer 400 to one they dislike. Accept as RFC
 * 3261 11.1 asks.
 */
static const char *write_options(struct check *check,
				 struct sip_question *question,
				 const struct endpoint *own,
				 const char *from_domain)
{
	struct arena *arena = check->settings->arena;
	const char *domain = question->kind == SIP_CONTROL ? SIP_CONTROL_DOMAIN
							   : question->domain;
	const char *from = arena_format(arena, "edgeprobe@%s", from_domain);

	/* edge-services.md 4.10: a request that is routed, to nobody */
	if (question->kind == SIP_PARTNER)
		domain = arena_format(arena, "Options_User@%s", domain);
	return arena_format(arena,
			    "OPTIONS sip:%s SIP/2.0\r\n"
			    "%s"
			    "Accept: application/sdp\r\n"
			    "Content-Length: 0\r\n\r\n",
			    domain,
			    common_lines(check, question, own, domain, from));
}

/* [MS-SIPAE] 4.1; without epid and instance servers complain (4010-4012). */
static const char *write_register(struct check *check,
				  struct sip_question *question,
				  const struct endpoint *own)
{
	struct arena *arena = check->settings->arena;
	char here[ENDPOINT_TEXT_BYTES];
	struct id user = random_id(), instance = random_id();
	const char *who = arena_format(arena, "edgeprobe-%.4s@%s", user.text,
				       question->domain);

	endpoint_format(here, &own->address, own->port);
	return arena_format(
		arena,
		"REGISTER sip:%s SIP/2.0\r\n"
		"%s"
		"Contact: <sip:%s;transport=tls>;proxy=replace;"
		"+sip.instance=\"<urn:uuid:%.8s-%.4s-5c57-9d1e-%.12s>\"\r\n"
		"Event: registration\r\n"
		"Supported: gruu-10, adhoclist, msrtc-event-categories\r\n"
		"ms-keep-alive: UAC;hop-hop=yes\r\n"
		"Content-Length: 0\r\n\r\n",
		question->domain, common_lines(check, question, own, who, who),
		here, instance.text, instance.text + 8, user.text);
}

/* msturn.md 10.1 */
static const char *write_service(struct check *check,
				 struct sip_question *question,
				 const struct endpoint *own,
				 const char *from_domain)
{
	struct arena *arena = check->settings->arena;
	const char *from = arena_format(arena, "edgeprobe@%s", from_domain);
	const char *to = question->uri + strlen(SCHEME);

	return arena_format(arena,
			    "SERVICE %s SIP/2.0\r\n"
			    "%s"
			    "Content-Type: " MRAS_CONTENT_TYPE "\r\n"
			    "Content-Length: %zu\r\n\r\n"
			    "%s",
			    question->uri,
			    common_lines(check, question, own, to, from),
			    strlen(question->body), question->body);
}

void sip_question_write(struct check *check, struct sip_question *question,
			const struct endpoint *own, const char *from_domain)
{
	if (question->kind == SIP_REGISTER)
		question->request = write_register(check, question, own);
	else if (question->kind == SIP_CREDENTIALS)
		question->request =
			write_service(check, question, own, from_domain);
	else
		question->request =
			write_options(check, question, own, from_domain);
	question->length = strlen(question->request);
}

/* "1 OPTIONS" */
static bool is_for_method(struct sip_text sequence, const char *method)
{
	size_t length = strlen(method);

	return sequence.length > length &&
	       memcmp(sequence.data + sequence.length - length, method,
		      length) == 0;
}

bool sip_question_settles(const struct sip_question *question,
			  const struct sip_message *message)
{
	const struct sip_header *via = sip_header(message, "Via", NULL);
	const struct sip_header *sequence = sip_header(message, "CSeq", NULL);
	struct sip_text branch;

	if (message->is_request || message->status < 200 || !via || !sequence)
		return false;
	branch = sip_parameter(via->value, "branch");
	return branch.length == strlen(question->branch) &&
	       memcmp(branch.data, question->branch, branch.length) == 0 &&
	       is_for_method(sequence->value, kinds[question->kind].method);
}

static void note_text(struct check *check, const char *key,
		      struct sip_text text)
{
	if (text.length)
		observe_bytes(check, key, text.data, text.length);
}

static void note_header(struct check *check, const char *key,
			const struct sip_message *message, const char *name)
{
	const struct sip_header *header = sip_header(message, name, NULL);

	if (header)
		note_text(check, key, header->value);
}

static void note_date(struct check *check, const struct sip_message *message)
{
	const struct sip_header *date = sip_header(message, "Date", NULL);
	int64_t seconds;

	if (date && sip_date(date->value, &seconds))
		observe_number(check, "sip.date_skew_s",
			       seconds - clock_wall_us() / CLOCK_SECOND_US);
}

static void note_challenges(struct check *check,
			    const struct sip_message *message, const char *name)
{
	const struct sip_header *header = NULL;
	unsigned count = 0;

	while ((header = sip_header(message, name, header)) &&
	       count++ < SCHEMES_MAX) {
		note_text(check, "sip.scheme", sip_token(header->value));
		note_text(check, "sip.auth_version",
			  sip_parameter(header->value, "version"));
		if (!observation_fact(check->open, "sip.targetname"))
			note_text(check, "sip.targetname",
				  sip_parameter(header->value, "targetname"));
		if (!observation_fact(check->open, "sip.sts_uri"))
			note_text(check, "sip.sts_uri",
				  sip_parameter(header->value, "sts-uri"));
	}
}

static void note_diagnostics(struct check *check,
			     const struct sip_message *message,
			     const char *name)
{
	const struct sip_header *header = NULL;
	unsigned count = 0;

	while ((header = sip_header(message, name, header)) &&
	       count++ < DIAGNOSTICS_MAX)
		note_text(check, "sip.diagnostics", header->value);
}

/* What the server saw of us; tells of address translation. */
static void note_via(struct check *check, const struct sip_message *message)
{
	const struct sip_header *via = sip_header(message, "Via", NULL);
	struct sip_text port;
	char digits[8] = "";
	uint16_t number;

	note_text(check, "sip.via_received",
		  sip_parameter(via->value, "received"));
	port = sip_parameter(via->value, "ms-received-port");
	if (!port.length)
		port = sip_parameter(via->value, "rport");
	if (!port.length || port.length >= sizeof(digits))
		return;
	memcpy(digits, port.data, port.length);
	if (port_parse(digits, &number))
		observe_number(check, "sip.via_received_port", number);
}

void sip_question_observe(struct check *check,
			  const struct sip_question *question,
			  const struct sip_message *message)
{
	const struct sip_header *logon =
		sip_header(message, "ms-user-logon-data", NULL);

	observe_service(check, WIRE_SIP);
	observe_number(check, "sip.status", message->status);
	note_text(check, "sip.reason", message->reason);
	note_header(check, "sip.server", message, "Server");
	note_date(check, message);
	observe_flag(check, "sip.remote_user",
		     logon && sip_text_is(logon->value, "RemoteUser"));
	note_challenges(check, message, "WWW-Authenticate");
	note_challenges(check, message, "Proxy-Authenticate");
	note_via(check, message);
	note_diagnostics(check, message, "ms-diagnostics");
	note_diagnostics(check, message, "ms-diagnostics-public");
	observe_number(check, "sip.round_trip_us",
		       clock_now_us() - question->sent_us);
}
