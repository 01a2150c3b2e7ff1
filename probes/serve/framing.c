#include "probes/serve/framing.h"

#include "common/base/bytes.h"

#include <stdbool.h>
#include <string.h>

#define TLS_NAME "application/ssl-tls"

enum {
	RECORD_VERSION = 0x00,
	RECORD_MODE = 0x01,
	RECORD_VIA = 0x02,
	RECORD_ENCODING = 0x03,
	RECORD_UPGRADE = 0x09,
};

/* [MC-NMF] 2.2.2: seven bits a byte, the lowest first. */
static size_t take_size(struct bytes *bytes)
{
	size_t size = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t byte = bytes_u8(bytes);

		size |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return size;
}

/* A text behind its size; NULL where there is no end of it yet. */
static const uint8_t *take_text(struct bytes *bytes, size_t *size)
{
	*size = take_size(bytes);
	return bytes_take(bytes, *size);
}

static enum framing_next take_upgrade(struct bytes *bytes)
{
	size_t size;
	const uint8_t *name = take_text(bytes, &size);

	if (bytes->failed)
		return FRAMING_MORE;
	return size == strlen(TLS_NAME) && memcmp(name, TLS_NAME, size) == 0
		       ? FRAMING_UPGRADES
		       : FRAMING_BROKEN;
}

/* The record at the front; FRAMING_MORE where the next one says more. */
static enum framing_next take_record(struct bytes *bytes)
{
	size_t size;

	switch (bytes_u8(bytes)) {
	case RECORD_VERSION:
		return bytes_u16(bytes) == 0x0100 || bytes->failed
			       ? FRAMING_MORE
			       : FRAMING_BROKEN;
	case RECORD_MODE:
	case RECORD_ENCODING:
		bytes_u8(bytes);
		return FRAMING_MORE;
	case RECORD_VIA:
		take_text(bytes, &size);
		return FRAMING_MORE;
	case RECORD_UPGRADE:
		return take_upgrade(bytes);
	default:
		return FRAMING_BROKEN;
	}
}

enum framing_next framing_hear(const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	enum framing_next next = FRAMING_MORE;

	if (length > FRAMING_MAX)
		return FRAMING_BROKEN;
	if (length && *(const uint8_t *)data != RECORD_VERSION)
		return FRAMING_BROKEN;
	while (next == FRAMING_MORE && !bytes.failed && bytes_left(&bytes))
		next = take_record(&bytes);
	return next;
}
