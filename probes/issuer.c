/*
 * issuer.c - where a server does not send its issuer's certificate: whether
 * clients that look for it (AIA caIssuers) find it. Windows does so, others
 * do not (edge-services.md 10.2).
 */
#include "probes/certificate.h"
#include "probes/registry.h"
#include "probes/revocation.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/pem.h>

#define ISSUER_BYTES_MAX (64 * 1024)

struct issuer_state {
	X509 *certificate;
	struct fetch fetch;
};

static const struct fact_def issuer_facts[] = {
	REVOCATION_FACTS,
	{"issuer.subject", FACT_TEXT, "whom the certificate found is for"},
	{"issuer.matches", FACT_FLAG, "it issued the certificate"},
	{0},
};

static void answered(void *context)
{
	struct check *check = context;

	check->wake(check);
}

static enum want issuer_start(struct check *check)
{
	struct issuer_state *state = check->state;
	const struct transfer_request request = {
		.url = check->spec->url,
		.protocols = "http",
		.timeout_us = 3 * check->settings->timeout_us,
		.connect_us = check->settings->timeout_us,
		.body_max = ISSUER_BYTES_MAX,
	};

	revocation_begin(check);
	state->certificate = revocation_certificate(check);
	if (!state->certificate)
		return check_finish(check, OUTCOME_LOCAL,
				    "the certificate cannot be read");
	check_phase(check, "fetch");
	fetch_begin(&state->fetch, check->settings->arena, check->transfers,
		    &request, answered, check);
	return WANT_LIBRARY;
}

/* DER, PEM, or certificates alone in PKCS #7 (RFC 5280 4.2.2.1). */
static STACK_OF(X509) * read_certificates(const uint8_t *data, size_t length)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	const unsigned char *bytes = data;
	X509 *one = d2i_X509(NULL, &bytes, (long)length);
	BIO *memory = one ? NULL : BIO_new_mem_buf(data, (int)length);
	PKCS7 *bag = NULL;

	if (memory)
		one = PEM_read_bio_X509(memory, NULL, NULL, NULL);
	BIO_free(memory);
	if (one && !sk_X509_push(found, one))
		X509_free(one);
	bytes = data;
	if (!one)
		bag = d2i_PKCS7(NULL, &bytes, (long)length);
	if (bag && PKCS7_type_is_signed(bag) && bag->d.sign) {
		sk_X509_free(found);
		found = X509_chain_up_ref(bag->d.sign->cert);
	}
	PKCS7_free(bag);
	ERR_clear_error();
	return found;
}

static bool note_issuer(struct check *check, STACK_OF(X509) * found)
{
	struct issuer_state *state = check->state;
	X509 *issuer = issuer_of(check, state->certificate, found);
	X509 *shown = issuer ? issuer : sk_X509_value(found, 0);

	if (shown) {
		observe_text(
			check, "issuer.subject",
			certificate_name(check, X509_get_subject_name(shown)));
		observe_flag(check, "issuer.matches", issuer != NULL);
	}
	X509_free(issuer);
	return shown;
}

static enum want issuer_end(struct check *check)
{
	struct issuer_state *state = check->state;
	const struct transfer_answer *answer = state->fetch.answer;
	const char *detail;
	enum outcome outcome = fetch_outcome(&state->fetch, &detail);
	STACK_OF(X509) * found;

	check_phase(check, answer->phase);
	revocation_note(check, &state->fetch);
	if (outcome == OUTCOME_ANSWERED) {
		found = read_certificates(answer->body, answer->length);
		if (!note_issuer(check, found)) {
			outcome = OUTCOME_GARBLED;
			detail = "no certificate";
		}
		sk_X509_pop_free(found, X509_free);
	}
	return check_finish(check, outcome, "%s", detail);
}

static enum want issuer_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return issuer_start(check);
	case CUE_LIBRARY:
		return issuer_end(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "not fetched in %.1f s",
				    check_phase_s(check));
	}
}

static void issuer_stop(struct check *check)
{
	struct issuer_state *state = check->state;

	fetch_drop(&state->fetch);
	X509_free(state->certificate);
}

const struct probe issuer_probe = {
	.name = "issuer",
	.summary = "looks for an issuer's certificate that was not sent",
	.facts = issuer_facts,
	.state_size = sizeof(struct issuer_state),
	.step = issuer_step,
	.stop = issuer_stop,
};
