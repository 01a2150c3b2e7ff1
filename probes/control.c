/*
 * control.c - whether a place that is known to answer does so: what is silent
 * everywhere is silent because of the place that is looked from.
 *
 * TCP: a connection, and a handshake where the port is one of TLS, so that
 * the issuer of the certificate is seen. UDP: a STUN Binding request (RFC
 * 5389) and an MSTURN Allocate request; whatever comes back will do.
 */
#include "probes/registry.h"

#include "common/base/random.h"
#include "probes/dial.h"
#include "probes/handshake.h"
#include "probes/msturn_request.h"

#include <errno.h>

struct control {
	struct handshake handshake;
	struct msturn_request request;
	unsigned sent;
};

static const struct fact_def control_facts[] = {
	CONNECTION_FACTS,
	TLS_FACTS,
	CERTIFICATE_FACTS,
	ICMP_FACTS,
	{"reply.address", FACT_ADDRESS, "where the answer came from"},
	{NULL, FACT_TEXT, NULL},
};

/* When datagrams go out, as of msturn-allocate. */
static const int64_t send_at_us[] = {0, 500000, 1500000, 3500000};
#define SENDS (sizeof(send_at_us) / sizeof(send_at_us[0]))

/* IANA's ports of TLS from the first byte on that a control may have. */
static const uint16_t tls_ports[] = {443, 465, 636,  853,  990,
				     993, 995, 5061, 5223, 8443};

static bool is_tls(const struct check *check)
{
	for (size_t i = 0; i < sizeof(tls_ports) / sizeof(tls_ports[0]); i++)
		if (tls_ports[i] == check->spec->endpoint.port)
			return true;
	return false;
}

/* RFC 5389 6: Binding request, no attributes, Magic Cookie, transaction. */
static bool send_binding(struct check *check)
{
	uint8_t message[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};

	random_fill(message + 8, 12);
	return dial_send(check, message, sizeof(message));
}

static enum want send_requests(struct check *check)
{
	struct control *control = check->state;

	if (!send_binding(check) ||
	    !dial_send(check, control->request.frame + MSTURN_FRAME_BYTES,
		       control->request.length))
		return socket_failed(check);
	control->sent++;
	if (control->sent < SENDS)
		check->retry_us = check->phase_us + send_at_us[control->sent];
	return WANT_ANSWER;
}

static enum want start(struct check *check)
{
	struct control *control = check->state;

	if (check->spec->endpoint.transport == TRANSPORT_UDP) {
		check_phase(check, "datagram");
		msturn_request_write(&control->request, MSTURN_VERSION_FIRST);
		return dial_udp(check) ? send_requests(check)
				       : socket_failed(check);
	}
	if (is_tls(check))
		return handshake_begin(check, &control->handshake);
	return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
}

static enum want read_datagram(struct check *check)
{
	uint8_t datagram[64];
	struct endpoint from;

	if (receive_from(check, datagram, sizeof(datagram), &from) < 0)
		return socket_failed(check);
	observe_address(check, "reply.address", &from.address, from.port);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want step_udp(struct check *check, enum cue cue)
{
	struct control *control = check->state;

	if (cue == CUE_RETRY)
		return send_requests(check);
	if (cue == CUE_DEADLINE)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to %u requests in %.1f s",
				    control->sent, check_phase_s(check));
	return read_datagram(check);
}

static enum want step_tls(struct check *check, enum cue cue)
{
	struct control *control = check->state;
	enum want want = handshake_step(check, &control->handshake, cue);

	if (want != WANT_NOTHING || check->finished)
		return want;
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want step_tcp(struct check *check, enum cue cue)
{
	if (cue == CUE_DEADLINE)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply in %.1f s", check_phase_s(check));
	return dial_done(check) ? check_finish(check, OUTCOME_ANSWERED, NULL)
				: socket_failed(check);
}

static enum want control_step(struct check *check, enum cue cue)
{
	if (cue == CUE_START)
		return start(check);
	if (check->spec->endpoint.transport == TRANSPORT_UDP)
		return step_udp(check, cue);
	return is_tls(check) ? step_tls(check, cue) : step_tcp(check, cue);
}

static void control_stop(struct check *check)
{
	struct control *control = check->state;

	handshake_end(&control->handshake);
}

const struct probe control_probe = {
	.name = "control",
	.summary = "asks a place that is known to answer (--control)",
	.facts = control_facts,
	.state_size = sizeof(struct control),
	.step = control_step,
	.stop = control_stop,
};
