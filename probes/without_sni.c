/*
 * without_sni.c - looks at a TLS listener once more without naming the server
 * (no SNI), as an old client would: the certificate should be the same.
 *
 * Ends with the handshake: whether a client certificate is needed is seen
 * elsewhere. Specification: edge-services.md section 3.1; RFC 6066 3.
 */
#include "probes/registry.h"

#include "probes/handshake.h"

struct without_sni {
	struct handshake handshake;
};

static const struct fact_def without_sni_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	{NULL, FACT_TEXT, NULL},
};

static enum want without_sni_step(struct check *check, enum cue cue)
{
	struct without_sni *state = check->state;
	struct handshake *handshake = &state->handshake;
	enum want want;

	if (cue == CUE_START)
		return handshake_begin(check, handshake);
	want = handshake_step(check, handshake, cue);
	if (check->finished || handshake->stage < STAGE_CLIENT_CERTIFICATE)
		return want;
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static void without_sni_stop(struct check *check)
{
	struct without_sni *state = check->state;

	handshake_end(&state->handshake);
}

const struct probe without_sni_probe = {
	.name = "tls-without-sni",
	.summary = "looks at the certificate of an Access Edge without SNI",
	.facts = without_sni_facts,
	.state_size = sizeof(struct without_sni),
	.round_trips = 3,
	.step = without_sni_step,
	.stop = without_sni_stop,
};
