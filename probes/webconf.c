/*
 * webconf.c - looks at a Web Conferencing Edge: TCP, TLS, certificate, and
 * that it then waits in silence.
 *
 * Not one application byte is sent: the protocol (PSOM) begins with the
 * client in a way that is not published well enough to imitate. Others are
 * asked for on a connection of their own: recognise.c.
 */
#include "probes/registry.h"

#include "common/wire/tls.h"
#include "probes/handshake.h"
#include "probes/recognise.h"

#include <errno.h>

struct webconf {
	struct handshake handshake;
};

static const struct fact_def webconf_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	CLIENT_FACTS,
	{"peer.closed", FACT_FLAG, "the peer closed right after the handshake"},
	{NULL, FACT_TEXT, NULL},
};

static enum want begin_silence(struct check *check)
{
	const struct webconf *webconf = check->state;

	check_phase(check, "silence");
	recognise_wait(check, webconf->handshake.rtt_us);
	return WANT_ANSWER;
}

/* Only a protocol that we know is one that does not belong here. */
static enum want heard(struct check *check, const void *data, size_t length)
{
	enum wire_service service = wire_recognise(data, length);

	observe_peer(check, data, length);
	if (service == WIRE_UNKNOWN)
		return check_finish(check, OUTCOME_ANSWERED,
				    "the server spoke first");
	return check_finish(check, OUTCOME_GARBLED,
			    "%s answers inside TLS, not %s",
			    wire_service_title(service),
			    check->probe == &webconf_probe
				    ? "Web Conferencing"
				    : "a service that waits for its client");
}

static enum want finish_silent(struct check *check)
{
	observe_service(check, WIRE_TLS_HANDSHAKE);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want listen_on(struct check *check)
{
	struct webconf *webconf = check->state;
	struct handshake *handshake = &webconf->handshake;
	uint8_t buffer[64];
	const char *detail;
	enum outcome outcome;
	ssize_t size = handshake_read(check, handshake, buffer, sizeof(buffer));

	if (size > 0)
		return heard(check, buffer, (size_t)size);
	if (size < 0 && check->error == EAGAIN)
		return WANT_ANSWER;
	outcome = handshake_lost(check, handshake, &detail);
	if (handshake_was_refused(handshake, outcome) &&
	    !handshake_shows_identity(check))
		observe_flag(check, "tls.client_certificate_refused", true);
	else if (outcome != OUTCOME_CLOSED)
		return check_finish(check, outcome, "%s", detail);
	else
		observe_flag(check, "peer.closed", true);
	observe_service(check, WIRE_TLS_HANDSHAKE);
	/* perhaps no Front End stands behind it: not for us to judge */
	return check_finish(check, OUTCOME_ANSWERED, "after the handshake: %s",
			    detail);
}

static enum want webconf_step(struct check *check, enum cue cue)
{
	struct webconf *webconf = check->state;
	struct handshake *handshake = &webconf->handshake;
	enum want want;

	if (cue == CUE_START)
		return handshake_begin(check, handshake);
	if (handshake->stage != STAGE_ESTABLISHED) {
		want = handshake_step(check, handshake, cue);
		if (want != WANT_NOTHING || check->finished)
			return want;
		begin_silence(check);
		return listen_on(check);
	}
	want = listen_on(check);
	/* what came with the last moment was heard first */
	if (want == WANT_ANSWER && (cue == CUE_RETRY || cue == CUE_DEADLINE))
		return finish_silent(check);
	return want;
}

static void webconf_stop(struct check *check)
{
	struct webconf *webconf = check->state;

	handshake_end(&webconf->handshake);
}

const struct probe webconf_probe = {
	.name = "webconf",
	.summary = "looks at the TLS listener of a Web Conferencing Edge",
	.facts = webconf_facts,
	.state_size = sizeof(struct webconf),
	.round_trips = 4,
	.step = webconf_step,
	.stop = webconf_stop,
};

const struct probe tls_probe = {
	.name = "tls",
	.summary = "looks at a TLS listener that waits for its client to speak",
	.facts = webconf_facts,
	.state_size = sizeof(struct webconf),
	.round_trips = 4,
	.step = webconf_step,
	.stop = webconf_stop,
};
