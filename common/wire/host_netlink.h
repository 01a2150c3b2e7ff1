/*
 * host_netlink.h - what Linux tells of its own network (rtnetlink(7)): the
 * questions, and answers to bytes and structures. No I/O.
 *
 * The main routing table alone is read; routes of other tables are for
 * policies that no Edge Server has.
 */
#ifndef COMMON_WIRE_HOST_NETLINK_H
#define COMMON_WIRE_HOST_NETLINK_H

#include "common/wire/host.h"

#define HOST_NETLINK_QUESTIONS	    5
#define HOST_NETLINK_QUESTION_BYTES 32

/* Writes question 0 to HOST_NETLINK_QUESTIONS - 1; gives its length. */
size_t host_netlink_ask(uint8_t question[HOST_NETLINK_QUESTION_BYTES],
			unsigned number);

enum host_netlink {
	HOST_NETLINK_MORE,   /* the answer goes on in another datagram */
	HOST_NETLINK_DONE,   /* that was the whole answer to this question */
	HOST_NETLINK_BROKEN, /* an error, or what is no answer */
};

/*
 * Takes in one datagram of the answer to a question. What is of another
 * question, or of kinds not known here, is passed over.
 */
enum host_netlink host_netlink_read(struct host *host, unsigned number,
				    const void *data, size_t length);

#endif
