/*
 * msturn_channel.h - data that travels beside the messages of standard TURN
 * and of multiplexed MSTURN, and where one ends in a stream. No I/O.
 *
 * Specification: RFC 8656 12 (channels), 12.4 (their framing); RFC 8489 6.2.2
 * (messages back to back); [MS-TURN] 2.2.3 (multiplexed TURN). The framing of
 * MSTURN over TCP is msturn_frame() in msturn.h.
 * Ownership: what is read points into the caller's buffer.
 */
#ifndef COMMON_WIRE_MSTURN_CHANNEL_H
#define COMMON_WIRE_MSTURN_CHANNEL_H

#include "common/wire/msturn.h"

#define MSTURN_CHANNEL_BYTES 4	    /* number and length, before the data */
#define MSTURN_CHANNEL_FIRST 0x4000 /* to 0x4fff; RFC 5766: to 0x7ffe */
#define MSTURN_CHANNEL_LAST  0x4fff

/*
 * Reads a ChannelData message: its channel, its data. False when the bytes
 * are none: another number, shorter than they say, or more than the padding
 * behind (at most 3 bytes, which a sender may add in a datagram too).
 */
bool msturn_channel(const void *datagram, size_t length, uint16_t *channel,
		    struct msturn_text *data);

/* Writes one, padded to four bytes (a stream wants that, a datagram bears
 * it). Returns the length, 0 when it does not fit. */
size_t msturn_channel_write(uint16_t channel, const struct msturn_text *data,
			    void *buffer, size_t capacity);

/*
 * Looks at the front of a stream of standard STUN: 1 and the length of the
 * message or ChannelData that stands there, header and padding included; 0
 * for too few bytes; -1 for what is neither. The first two bits tell them
 * apart (RFC 8656 12); the length may exceed what is available.
 */
int msturn_channel_frame(const void *data, size_t available, size_t *length);

/* Reads a data frame of multiplexed TURN, [MS-TURN] 2.2.3, a whole datagram. */
bool msturn_channel_multiplexed(const void *datagram, size_t length,
				uint64_t *session, struct msturn_text *data);

#endif
