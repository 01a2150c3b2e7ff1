/*
 * sip_question.h - the requests of the probes that speak SIP, and their
 * answers as facts. No I/O.
 *
 * Requests are anonymous: no credentials, never an INVITE, no Route, no
 * Contact in OPTIONS. Specification: RFC 3261 8.1.1, 10.2, 11.1; [MS-SIPAE]
 * 4.1; edge-services.md sections 4.3 to 4.8.
 */
#ifndef PROBES_SIP_QUESTION_H
#define PROBES_SIP_QUESTION_H

#include "common/wire/sip.h"
#include "probes/check.h"

#define SIP_ID_BYTES 16 /* hex digits of branch, tag, Call-ID */
#define SIP_CONTROL_DOMAIN                                                     \
	"edgeprobe.invalid" /* RFC 6761 6.4: never exists                      \
			     */

enum sip_kind {
	SIP_CONTROL,
	SIP_OPTIONS,
	SIP_REGISTER,
	SIP_PARTNER,
	SIP_CREDENTIALS
};

struct sip_question {
	enum sip_kind kind;
	const char *domain; /* "-" in the control */
	const char *uri;    /* SIP_CREDENTIALS: sip_uri_is_lawful() */
	const char *body;   /* likewise */
	char branch[sizeof("z9hG4bK") + SIP_ID_BYTES];
	const char *request; /* from the run's arena */
	size_t length;
	int64_t sent_us;
	bool is_clear; /* no TLS below */
};

#define SIP_FACTS                                                              \
	{"sip.status", FACT_UINT, "status of the final answer"},               \
		{"sip.reason", FACT_TEXT, "its reason phrase"},                \
		{"sip.server", FACT_TEXT, "Server header: the product"},       \
		{"sip.date_skew_s", FACT_INT,                                  \
		 "the server's clock minus ours"},                             \
		{"sip.remote_user", FACT_FLAG,                                 \
		 "we were taken for an outside user"},                         \
		{"sip.scheme", FACT_TEXT,                                      \
		 "one way to sign in that is offered"},                        \
		{"sip.auth_version", FACT_TEXT,                                \
		 "one version of the challenge"},                              \
		{"sip.targetname", FACT_TEXT, "who would authenticate"},       \
		{"sip.sts_uri", FACT_TEXT, "where clients get certificates"},  \
		{"sip.via_received", FACT_TEXT,                                \
		 "our address as the server saw it"},                          \
		{"sip.via_received_port", FACT_UINT, "and our port"},          \
		{"sip.diagnostics", FACT_TEXT, "one ms-diagnostics header"},   \
	{                                                                      \
		"sip.round_trip_us", FACT_UINT,                                \
			"from the request to the answer"                       \
	}

/* "sip-register": the name of the observation. */
const char *sip_question_name(const struct sip_question *question);

/*
 * Writes a request with new random identifiers. own is our side of the
 * connection; from_domain stands in From of OPTIONS.
 */
void sip_question_write(struct check *check, struct sip_question *question,
			const struct endpoint *own, const char *from_domain);

/* Whether a URI, "sip:...", can stand in a request without harm. */
bool sip_uri_is_lawful(const char *uri);

/* Whether a SIP domain can stand in a request without harm. */
bool sip_domain_is_lawful(const char *domain);

/* Whether message is the final answer (RFC 3261 17.1.3). */
bool sip_question_settles(const struct sip_question *question,
			  const struct sip_message *message);

void sip_question_observe(struct check *check,
			  const struct sip_question *question,
			  const struct sip_message *message);

#endif
