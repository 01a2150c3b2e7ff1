#include "common/wire/tls_leaf.h"

#include "common/base/bytes.h"

#include <string.h>

#define RECORD_HANDSHAKE    22
#define MESSAGE_CERTIFICATE 11
#define MESSAGE_HELLO_DONE  14

/*
 * Puts the fragments of handshake records together (6.2.1): messages know
 * nothing of records. False at a record of another kind.
 */
static bool join_records(struct bytes *in, struct writer *joined)
{
	while (bytes_left(in) >= 5) {
		uint8_t type = bytes_u8(in);
		struct bytes fragment;
		size_t length;

		bytes_u16(in); /* version */
		length = bytes_u16(in);
		if (type != RECORD_HANDSHAKE)
			return false;
		/* of a record that is not whole, what there is */
		if (length > bytes_left(in))
			length = bytes_left(in);
		fragment = bytes_sub(in, length);
		writer_put(joined, fragment.data, fragment.length);
	}
	return !bytes_left(in) || in->data[in->position] == RECORD_HANDSHAKE;
}

/* 7.4.2: a list, of which the first is the server's own. */
static enum tls_flight read_list(struct tls_leaf *leaf, struct bytes *body)
{
	size_t list = bytes_u24(body);
	struct bytes first = bytes_of("", 0);

	if (list <= bytes_left(body))
		first = bytes_sub(body, bytes_u24(body));
	if (body->failed || !first.length || first.length > sizeof(leaf->der))
		return TLS_FLIGHT_NONE;
	memcpy(leaf->der, first.data, first.length);
	leaf->length = first.length;
	return TLS_FLIGHT_LEAF;
}

static enum tls_flight find_certificate(struct tls_leaf *leaf,
					struct bytes *messages)
{
	while (bytes_left(messages) >= 4) {
		uint8_t type = bytes_u8(messages);
		size_t length = bytes_u24(messages);
		struct bytes body;

		if (length > TLS_FLIGHT_MAX || type == MESSAGE_HELLO_DONE)
			return TLS_FLIGHT_NONE;
		if (length > bytes_left(messages))
			return TLS_FLIGHT_MORE;
		body = bytes_sub(messages, length);
		if (type == MESSAGE_CERTIFICATE)
			return read_list(leaf, &body);
	}
	return TLS_FLIGHT_MORE;
}

enum tls_flight tls_leaf_read(struct tls_leaf *leaf, const void *data,
			      size_t length)
{
	uint8_t joined[TLS_FLIGHT_MAX];
	struct bytes in = bytes_of(data, length), messages;
	struct writer writer = writer_of(joined, sizeof(joined));
	enum tls_flight flight;
	bool is_handshake;

	if (length > TLS_FLIGHT_MAX)
		length = TLS_FLIGHT_MAX;
	in = bytes_of(data, length);
	is_handshake = join_records(&in, &writer);
	messages = bytes_of(joined, writer.length);
	flight = find_certificate(leaf, &messages);
	if (flight == TLS_FLIGHT_MORE &&
	    (!is_handshake || writer.failed || length == TLS_FLIGHT_MAX))
		return TLS_FLIGHT_NONE;
	return flight;
}
