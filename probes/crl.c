/*
 * crl.c - reads the revocation list that a certificate names, and looks the
 * certificate up in it.
 */
#include "probes/certificate.h"
#include "probes/crl_signature.h"
#include "probes/crls.h"
#include "probes/ocsp_reader.h"
#include "probes/registry.h"
#include "probes/revocation.h"

struct crl {
	X509 *certificate;
	struct crl_question *question;
};

static const struct fact_def crl_facts[] = {
	REVOCATION_FACTS,
	{"crl.issuer", FACT_TEXT, "who issued the list"},
	{"crl.issuer_matches", FACT_FLAG,
	 "it is the one who issued the certificate"},
	{"crl.signature", FACT_TEXT,
	 "good, bad, not allowed, unread, or no issuer to hold it against"},
	{"crl.this_update", FACT_TIME, "as of when"},
	{"crl.next_update", FACT_TIME, "until when"},
	{"crl.number", FACT_TEXT, "its number, hexadecimal"},
	{"crl.entries", FACT_UINT, "revoked certificates in it"},
	{"crl.bytes", FACT_UINT, "its size"},
	{"crl.limit", FACT_TEXT, "one thing that it does not speak of"},
	{"crl.revoked", FACT_FLAG, "the certificate stands in it"},
	{"crl.revoked_at", FACT_TIME, "since when it is revoked"},
	{"crl.reason", FACT_TEXT, "why, as the issuer says"},
	{0},
};

static void answered(void *context)
{
	struct check *check = context;

	check->wake(check);
}

static enum want crl_start(struct check *check)
{
	struct crl *crl = check->state;

	revocation_begin(check);
	crl->certificate = revocation_certificate(check);
	if (!crl->certificate)
		return check_finish(check, OUTCOME_LOCAL,
				    "the certificate cannot be read");
	check_phase(check, "fetch");
	crl->question = crls_ask(check->crls, check->spec->url,
				 X509_get0_serialNumber(crl->certificate),
				 check->settings->timeout_us, answered, check);
	return WANT_LIBRARY;
}

static void note_limits(struct check *check, const struct crl_facts *facts)
{
	const struct {
		bool holds;
		const char *text;
	} limits[] = {
		{facts->users_only, "authorities"},
		{facts->authorities_only, "servers and people"},
		{facts->attributes_only, "certificates"},
		{facts->some_reasons, "every reason"},
		{facts->is_indirect, "one issuer alone"},
		{facts->is_delta, "what an earlier list holds"},
		{facts->has_unknown, "what an unknown extension says"},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].holds)
			observe_text(check, "crl.limit", limits[i].text);
}

static void note_signature(struct check *check, const struct crl_facts *facts)
{
	struct crl *crl = check->state;
	X509 *issuer = revocation_issuer(check, crl->certificate);

	observe_text(check, "crl.issuer",
		     certificate_name(check, facts->issuer));
	observe_flag(check, "crl.issuer_matches",
		     X509_NAME_cmp(facts->issuer,
				   X509_get_issuer_name(crl->certificate)) ==
			     0);
	observe_text(check, "crl.signature",
		     issuer ? crl_signature_name(crl_verify(facts, issuer))
			    : "no issuer");
	X509_free(issuer);
}

static void note_list(struct check *check, const struct crl_answer *answer)
{
	const struct crl_facts *facts = answer->facts;

	note_signature(check, facts);
	observe_number(check, "crl.this_update", facts->this_update);
	if (facts->next_update)
		observe_number(check, "crl.next_update", facts->next_update);
	if (*facts->number)
		observe_text(check, "crl.number", facts->number);
	observe_number(check, "crl.entries", (int64_t)facts->entries);
	observe_number(check, "crl.bytes", (int64_t)facts->bytes);
	note_limits(check, facts);
	observe_flag(check, "crl.revoked", answer->is_revoked);
	if (!answer->is_revoked)
		return;
	observe_number(check, "crl.revoked_at", answer->revoked_at);
	observe_text(check, "crl.reason", revocation_reason(answer->reason));
}

static enum want crl_end(struct check *check)
{
	const struct crl *crl = check->state;
	struct crl_answer answer = crl_answer(crl->question);

	check_phase(check, answer.phase);
	revocation_note(check, answer.fetch);
	if (answer.outcome == OUTCOME_ANSWERED)
		note_list(check, &answer);
	return check_finish(check, answer.outcome, "%s", answer.detail);
}

static enum want crl_step(struct check *check, enum cue cue)
{
	switch (cue) {
	case CUE_START:
		return crl_start(check);
	case CUE_LIBRARY:
		return crl_end(check);
	default:
		return check_finish(check, OUTCOME_NO_REPLY,
				    "not fetched in %.1f s",
				    check_phase_s(check));
	}
}

static void crl_stop(struct check *check)
{
	struct crl *crl = check->state;

	crl_question_drop(crl->question);
	X509_free(crl->certificate);
}

const struct probe crl_probe = {
	.name = "crl",
	.summary = "reads the revocation list that a certificate names",
	.facts = crl_facts,
	.state_size = sizeof(struct crl),
	.step = crl_step,
	.stop = crl_stop,
};
