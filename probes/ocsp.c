/*
 * ocsp.c - asks the responder that a certificate names whether it is revoked.
 */
#include "probes/ocsp_reader.h"
#include "probes/registry.h"
#include "probes/revocation.h"

struct ocsp {
	X509 *certificate, *issuer;
	struct fetch fetch;
};

static const struct fact_def ocsp_facts[] = {
	REVOCATION_FACTS,
	OCSP_ANSWER_FACTS("ocsp"),
	{0},
};

static const char *const headers[] = {
	"Content-Type: application/ocsp-request",
	"Accept: application/ocsp-response",
};

static void answered(void *context)
{
	struct check *check = context;

	check->wake(check);
}

static enum want ask(struct check *check)
{
	struct ocsp *ocsp = check->state;
	struct transfer_request request = {
		.url = check->spec->url,
		.protocols = "http",
		.headers = headers,
		.header_count = sizeof(headers) / sizeof(headers[0]),
		.timeout_us = 3 * check->settings->timeout_us,
		.connect_us = check->settings->timeout_us,
		.body_max = OCSP_BYTES_MAX,
	};

	request.body = ocsp_request(check->settings->arena, ocsp->certificate,
				    ocsp->issuer, &request.body_length);
	if (!request.body)
		return check_finish(check, OUTCOME_LOCAL,
				    "OpenSSL cannot build the question");
	check_phase(check, "fetch");
	fetch_begin(&ocsp->fetch, check->settings->arena, check->transfers,
		    &request, answered, check);
	return WANT_LIBRARY;
}

static enum want ocsp_start(struct check *check)
{
	struct ocsp *ocsp = check->state;

	revocation_begin(check);
	ocsp->certificate = revocation_certificate(check);
	if (ocsp->certificate)
		ocsp->issuer = revocation_issuer(check, ocsp->certificate);
	if (!ocsp->issuer)
		return check_finish(check, OUTCOME_LOCAL,
				    "nothing to ask by: the issuer's "
				    "certificate was not sent");
	return ask(check);
}

static enum want ocsp_end(struct check *check)
{
	struct ocsp *ocsp = check->state;
	const struct transfer_answer *answer = ocsp->fetch.answer;
	const char *detail, *why;
	enum outcome outcome = fetch_outcome(&ocsp->fetch, &detail);

	check_phase(check, answer->phase);
	revocation_note(check, &ocsp->fetch);
	if (outcome == OUTCOME_ANSWERED &&
	    !ocsp_observe(check, &ocsp_asked_keys, answer->body, answer->length,
			  ocsp->certificate, ocsp->issuer, &why)) {
		const char *response =
			observation_text(check->open, "ocsp.response");

		return check_finish(check, OUTCOME_GARBLED, "%s%s%s", why,
				    response ? ": " : "",
				    response ? response : "");
	}
	return check_finish(check, outcome, "%s", detail);
}

static enum want ocsp_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return ocsp_start(check);
	case CUE_LIBRARY:
		return ocsp_end(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no answer in %.1f s",
				    check_phase_s(check));
	}
}

static void ocsp_stop(struct check *check)
{
	struct ocsp *ocsp = check->state;

	fetch_drop(&ocsp->fetch);
	X509_free(ocsp->certificate);
	X509_free(ocsp->issuer);
}

const struct probe ocsp_probe = {
	.name = "ocsp",
	.summary = "asks an OCSP responder about a certificate",
	.facts = ocsp_facts,
	.state_size = sizeof(struct ocsp),
	.step = ocsp_step,
	.stop = ocsp_stop,
};
