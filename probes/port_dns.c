/*
 * port_dns.c - whether a resolver answers an address of ours: one question, for
 * the root's name servers, over UDP or TCP.
 *
 * Whatever it says will do, be it that it refuses: the row is about the way
 * there and back. Specification: RFC 1035 4; RFC 7766 8 (length over TCP).
 */
#include "probes/registry.h"

#include "common/base/random.h"
#include "common/wire/dns.h"
#include "probes/dial.h"
#include "probes/msturn_request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define TYPE_NS	   2 /* RFC 1035 3.2.2 */
#define HEAD	   2 /* the length before a message over TCP */
#define ANSWER_MAX 4096

struct port_dns {
	uint8_t question[64]; /* behind its length */
	size_t length;	      /* with it */
	uint16_t id;
	unsigned sent;
	bool is_up; /* TCP: the connection stands */
	uint8_t answer[ANSWER_MAX];
	size_t received;
};

static const struct fact_def port_dns_facts[] = {
	CONNECTION_FACTS,
	ICMP_FACTS,
	{"reply.address", FACT_ADDRESS, "where the answer came from"},
	{"dns.rcode", FACT_TEXT, "the reply's code"},
	{NULL, FACT_TEXT, NULL},
};

static const int64_t send_at_us[] = {0, 500000, 1500000, 3500000};
#define SENDS (sizeof(send_at_us) / sizeof(send_at_us[0]))

static void write_question(struct port_dns *dns)
{
	size_t room = sizeof(dns->question) - HEAD;

	random_fill(&dns->id, sizeof(dns->id));
	dns->length = dns_encode_query(dns->question + HEAD, room, dns->id, ".",
				       TYPE_NS);
	dns->question[0] = (uint8_t)(dns->length >> 8);
	dns->question[1] = (uint8_t)dns->length;
	dns->length += HEAD;
}

/* An answer to our question ends it; anything else is passed over. */
static bool read_message(struct check *check, const uint8_t *data,
			 size_t length, const char **why)
{
	const struct port_dns *dns = check->state;
	struct arena *arena = arena_new();
	struct dns_message message;
	bool is_ours = dns_decode(arena, &message, data, length, why) &&
		       message.is_response && message.id == dns->id;

	if (is_ours)
		observe_text(check, "dns.rcode", dns_rcode_name(message.rcode));
	arena_free(arena);
	return is_ours;
}

/*
 * UDP
 */

static enum want send_datagram(struct check *check)
{
	struct port_dns *dns = check->state;

	if (!dial_send(check, dns->question + HEAD, dns->length - HEAD))
		return socket_failed(check);
	dns->sent++;
	if (dns->sent < SENDS)
		check->retry_us = check->phase_us + send_at_us[dns->sent];
	return WANT_ANSWER;
}

static enum want read_datagram(struct check *check)
{
	struct port_dns *dns = check->state;
	struct endpoint from;
	const char *why;
	ssize_t size = receive_from(check, dns->answer, ANSWER_MAX, &from);

	if (size < 0)
		return socket_failed(check);
	if (!read_message(check, dns->answer, (size_t)size, &why))
		return WANT_ANSWER;
	observe_address(check, "reply.address", &from.address, from.port);
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want port_dns_step(struct check *check, enum cue cue)
{
	struct port_dns *dns = check->state;

	if (cue == CUE_START) {
		write_question(dns);
		check_phase(check, "query");
		return dial_udp(check) ? send_datagram(check)
				       : socket_failed(check);
	}
	if (cue == CUE_DEADLINE)
		return check_finish(check, OUTCOME_NO_REPLY,
				    "no reply to %u questions in %.1f s",
				    dns->sent, check_phase_s(check));
	return cue == CUE_RETRY ? send_datagram(check) : read_datagram(check);
}

/*
 * TCP
 */

static enum want send_question(struct check *check)
{
	struct port_dns *dns = check->state;

	if (!dial_done(check))
		return socket_failed(check);
	dns->is_up = true;
	check_phase(check, "query");
	/* a fresh connection takes so few bytes at once */
	if (send(check->socket, dns->question, dns->length, MSG_NOSIGNAL) !=
	    (ssize_t)dns->length)
		return check_finish(check, OUTCOME_CLOSED,
				    "the connection takes no question");
	return WANT_READ;
}

static size_t message_length(const struct port_dns *dns)
{
	return (size_t)(dns->answer[0] << 8 | dns->answer[1]);
}

static enum want read_stream(struct check *check)
{
	struct port_dns *dns = check->state;
	const char *why = "of another question";
	ssize_t size = recv(check->socket, dns->answer + dns->received,
			    ANSWER_MAX - dns->received, 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return WANT_READ;
	if (size < 0)
		return check_finish(check,
				    errno == ECONNRESET ? OUTCOME_RESET
							: OUTCOME_CLOSED,
				    "after the question: %s", strerror(errno));
	if (size == 0)
		return check_finish(check, OUTCOME_CLOSED,
				    "hung up on the question");
	dns->received += (size_t)size;
	if (dns->received < HEAD)
		return WANT_READ;
	if (message_length(dns) > ANSWER_MAX - HEAD)
		return check_finish(check, OUTCOME_GARBLED,
				    "no answer of DNS: far too long");
	if (dns->received < HEAD + message_length(dns))
		return WANT_READ;
	if (!read_message(check, dns->answer + HEAD, message_length(dns), &why))
		return check_finish(check, OUTCOME_GARBLED,
				    "no answer of DNS: %s",
				    why ? why : "of another question");
	return check_finish(check, OUTCOME_ANSWERED, NULL);
}

static enum want port_dns_tcp_step(struct check *check, enum cue cue)
{
	struct port_dns *dns = check->state;

	if (cue == CUE_START) {
		write_question(dns);
		return dial_tcp(check) ? WANT_WRITE : socket_failed(check);
	}
	if (cue == CUE_DEADLINE)
		return check_finish(
			check, OUTCOME_NO_REPLY,
			dns->is_up ? "connected, and no reply in %.1f s"
				   : "no reply in %.1f s",
			check_phase_s(check));
	return dns->is_up ? read_stream(check) : send_question(check);
}

const struct probe port_dns_probe = {
	.name = "port-dns",
	.summary = "asks a resolver for the root over UDP",
	.facts = port_dns_facts,
	.state_size = sizeof(struct port_dns),
	.step = port_dns_step,
};

const struct probe port_dns_tcp_probe = {
	.name = "port-dns-tcp",
	.summary = "asks a resolver for the root over TCP",
	.facts = port_dns_facts,
	.state_size = sizeof(struct port_dns),
	.step = port_dns_tcp_step,
};
