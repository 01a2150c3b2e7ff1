/*
 * turn_line.h - the way to a relay: datagrams over UDP, or pseudo-TLS and
 * frames over TCP. Never blocks.
 *
 * Specification: msturn.md 2; [MS-TURN] 2.1.
 * Ownership: the descriptor is closed by turn_line_close(); what is read
 * points into the line until the next call.
 */
#ifndef PROBES_TURN_LINE_H
#define PROBES_TURN_LINE_H

#include "common/wire/msturn.h"
#include "probes/dial.h"

#define TURN_LINE_MAX (MSTURN_FRAME_BYTES + 65535)

enum turn_stage { LINE_CONNECT, LINE_HELLO, LINE_READY };

struct turn_line {
	int descriptor; /* -1: closed */
	bool is_tcp;
	bool is_standard; /* messages back to back, no pseudo-TLS */
	enum turn_stage stage;
	bool has_spoken; /* anything came */
	uint8_t stream[TURN_LINE_MAX];
	size_t length, taken; /* of the stream; of them handed out */
};

enum line_event {
	LINE_NOTHING, /* wait on */
	LINE_OPENED,  /* messages may be sent now */
	LINE_MESSAGE, /* a control message, or any datagram */
	LINE_DATA,    /* data of the active destination, over TCP */
	LINE_CLOSED,
	LINE_FOREIGN, /* what came is not this protocol */
	LINE_ERROR,   /* check->error says what, see dial.h */
};

/* What was read. */
struct line_news {
	const uint8_t *data;
	size_t length;
	struct endpoint from; /* over UDP */
};

/* On its way; false with check->error. Over UDP it is ready at once. */
bool turn_line_open(struct check *check, struct turn_line *line,
		    const struct endpoint *to);

/* The socket became writable: the connection stands, or does not. */
enum line_event turn_line_connected(struct check *check,
				    struct turn_line *line);

/* The next thing that came; call until LINE_NOTHING. */
enum line_event turn_line_read(struct check *check, struct turn_line *line,
			       struct line_news *news);

/* Whether the next is here already: no socket will tell that it came. */
bool turn_line_holds(const struct turn_line *line);

/*
 * A control message: length counts what follows the frame's header. What the
 * peer is too slow to take is lost, as UDP would lose it.
 */
bool turn_line_send(struct check *check, struct turn_line *line,
		    const uint8_t *frame, size_t length,
		    const struct endpoint *to);

/* Data to the active destination. */
bool turn_line_send_data(struct check *check, struct turn_line *line,
			 const void *data, size_t length,
			 const struct endpoint *to);

/* Our own end. */
bool turn_line_own(const struct turn_line *line, struct endpoint *own);

void turn_line_close(struct turn_line *line);

#endif
