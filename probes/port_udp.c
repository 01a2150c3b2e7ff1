/*
 * port_udp.c - whether anybody listens at a port of UDP whose language nobody
 * here speaks: sends a STUN Binding request (RFC 5389 6), which is dropped by
 * whoever does not know it, and takes any datagram for an answer.
 *
 * Silence tells nothing; an ICMP message that the port is closed does.
 */
#include "probes/registry.h"

#include "probes/dial.h"
#include "probes/msturn_request.h"

#include "common/base/clock.h"
#include "common/base/random.h"

struct port_udp {
	unsigned sent;
};

static const struct fact_def port_udp_facts[] = {
	ICMP_FACTS,
	{"peer.spoke", FACT_FLAG, "the peer sent something"},
	{"peer.service", FACT_TEXT, "what its first bytes look like"},
	{"peer.bytes", FACT_BYTES, "the first bytes that came"},
	{"reply.address", FACT_ADDRESS, "where the answer came from"},
	{NULL, FACT_TEXT, NULL},
};

static const int64_t send_at_us[] = {0, 300000, 900000};
#define SENDS	   (sizeof(send_at_us) / sizeof(send_at_us[0]))
#define SILENCE_US INT64_C(1000000) /* after the last, for ICMP to come */

static enum want send_request(struct check *check)
{
	struct port_udp *port = check->state;
	uint8_t message[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};

	random_fill(message + 8, 12);
	if (!dial_send(check, message, sizeof(message)))
		return socket_failed(check);
	port->sent++;
	check->retry_us = port->sent < SENDS
				  ? check->phase_us + send_at_us[port->sent]
				  : clock_now_us() + SILENCE_US;
	return WANT_ANSWER;
}

static enum want read_datagram(struct check *check)
{
	uint8_t datagram[64];
	struct endpoint from;
	ssize_t size = receive_from(check, datagram, sizeof(datagram), &from);

	if (size < 0)
		return socket_failed(check);
	observe_address(check, "reply.address", &from.address, from.port);
	observe_peer(check, datagram, (size_t)size);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want port_udp_step(struct check *check, enum cue cue)
{
	struct port_udp *port = check->state;

	if (cue == CUE_START) {
		check_phase(check, "datagram");
		return dial_udp(check) ? send_request(check)
				       : socket_failed(check);
	}
	if (cue == CUE_DEADLINE || (cue == CUE_RETRY && port->sent == SENDS))
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to %u datagrams in %.1f s",
				    port->sent, check_phase_s(check));
	return cue == CUE_RETRY ? send_request(check) : read_datagram(check);
}

const struct probe port_udp_probe = {
	.name = "port-udp",
	.summary = "sends datagrams to a port and hears whether it is closed",
	.facts = port_udp_facts,
	.state_size = sizeof(struct port_udp),
	.step = port_udp_step,
};
