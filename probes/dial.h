/*
 * dial.h - sockets of a check: opening, reading, and what their errors mean.
 * Never blocks.
 *
 * The functions that return false or a negative size leave in check->error
 * the errno of what came from outside, or the negative errno of what our own
 * machine said at once; socket_failed() turns it into the check's end.
 */
#ifndef PROBES_DIAL_H
#define PROBES_DIAL_H

#include "probes/check.h"

#include <sys/types.h>

/* Facts that socket_failed() may note on a probe over UDP. */
#define ICMP_FACTS                                                             \
	{"icmp.type", FACT_UINT, "type of the ICMP message that came back"},   \
		{"icmp.code", FACT_UINT, "its code"},                          \
	{                                                                      \
		"icmp.from", FACT_ADDRESS, "who sent it"                       \
	}

/* Facts of a connection over TCP. */
#define CONNECTION_FACTS                                                       \
	{"tcp.rtt_us", FACT_UINT, "time that the TCP connection took"},        \
		{"peer.spoke", FACT_FLAG, "the peer sent something"},          \
		{"peer.service", FACT_TEXT, "what its first bytes look like"}, \
	{                                                                      \
		"peer.bytes", FACT_BYTES, "the first bytes that came"          \
	}

/* Enters "connect". True: wait for WANT_WRITE, then ask dial_done(). */
bool dial_tcp(struct check *check);

/* Closes the socket, so that another can be dialled. */
void hang_up(struct check *check);

/* Our side of a connection that stands. */
struct endpoint dial_own(const struct check *check);

/*
 * A peer that gathers small segments (RFC 896) keeps the rest of its answer
 * back until the first part is acknowledged; this lasts for the next few.
 */
void acknowledge_at_once(int descriptor);

/* Whether the connection stands; notes tcp.rtt_us and our source. */
bool dial_done(struct check *check);

/* Keeps our address of a connection under way as check->source. */
void dial_note_source(struct check *check, int descriptor);

/*
 * A socket that is not connected, so that replies from another address are
 * seen, with packet information and error queue, so that ICMP is.
 */
bool dial_udp(struct check *check);

/* To the check's endpoint. */
bool dial_send(struct check *check, const void *datagram, size_t length);

/*
 * One datagram, its sender in *from. -1 and check->error EAGAIN when there is
 * none; other errors are ICMP's, noted as facts.
 */
ssize_t receive_from(struct check *check, void *buffer, size_t capacity,
		     struct endpoint *from);

/* An ICMP message about a packet of ours. */
struct icmp_report {
	uint8_t type, code;
	bool is_ipv6;	     /* then type and code are ICMPv6's */
	int error;	     /* the errno that the kernel makes of it */
	struct address from; /* family 0 when not known */
};

/* Takes one out of a socket's error queue; false: there is none. */
bool dial_read_icmp(int descriptor, struct icmp_report *report);

/* From a TCP connection; 0 at its end. */
ssize_t receive(struct check *check, void *buffer, size_t capacity);

/* What an errno from outside means; false: it is our own machine's. */
bool error_outcome(int error, enum outcome *outcome, const char **detail);

/* What check->error means, with one clause for people. */
enum outcome socket_outcome(struct check *check, const char **detail);

/*
 * Ends the check as check->error asks, or waits on (WANT_ANSWER) where it is
 * only EAGAIN. What our own machine said at once (no route, no IPv6, no
 * descriptors) is OUTCOME_LOCAL.
 */
enum want socket_failed(struct check *check);

#endif
