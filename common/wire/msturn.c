#include "common/wire/msturn.h"

#include "common/wire/integrity.h"
#include "common/wire/msturn_attribute.h"

#include <openssl/crypto.h>

#include <string.h>

#define STUN_HEADER_COOKIE 0x2112a442 /* RFC 8489 5 */

/* Decoding */

struct decoder {
	struct msturn_message *message;
	const uint8_t *datagram;
	size_t length;
	const struct msturn_dialect *dialect;
	uint64_t seen; /* rows met: the first of equals wins */
	bool ended;    /* integrity met: few things may follow */
};

static bool decode_address(const struct msturn_message *message,
			   struct msturn_address *to, struct bytes *value,
			   bool is_xored)
{
	struct msturn_address address = {0};
	const uint8_t *key = message->transaction;
	const uint8_t *taken;
	uint8_t family;
	size_t size;

	bytes_u8(value); /* reserved: ignored */
	family = bytes_u8(value);
	address.port = bytes_u16(value);
	if (value->failed)
		return false;
	if (family != 1 && family != 2)
		return true; /* another family: no address, no fault */
	size = family == 1 ? 4 : 16;
	address.address.family = family == 1 ? AF_INET : AF_INET6;
	taken = bytes_take(value, size);
	if (!taken || bytes_left(value))
		return false;
	memcpy(address.address.bytes, taken, size);
	if (is_xored) { /* [MS-TURN] 2.2.2.16: both start at its first byte */
		address.port ^= (uint16_t)(key[0] << 8 | key[1]);
		for (size_t i = 0; i < size; i++)
			address.address.bytes[i] ^= key[i];
	}
	*to = address;
	return true;
}

static struct msturn_text take_text(struct bytes *value)
{
	size_t length = bytes_left(value);
	const uint8_t *data = bytes_take(value, length);

	return (struct msturn_text){data, length};
}

static bool decode_error(struct msturn_message *message, struct bytes *value)
{
	uint8_t class, number;

	bytes_u16(value);
	class = bytes_u8(value) & 7;
	number = bytes_u8(value);
	if (value->failed || class < 3 || class > 6 || number > 99)
		return false;
	message->error_code = class * 100u + number;
	message->error_reason = take_text(value);
	return true;
}

static uint64_t read_u64(struct bytes *value)
{
	uint64_t high = bytes_u32(value);

	return high << 32 | bytes_u32(value);
}

static bool decode_fixed(struct msturn_message *message,
			 enum msturn_layout layout, void *field,
			 struct bytes *value)
{
	const uint8_t *id;

	switch (layout) {
	case LAYOUT_FLAG: /* nothing but its being there */
		break;
	case LAYOUT_SEQUENCE:
		id = bytes_take(value, sizeof(message->connection_id));
		if (id)
			memcpy(message->connection_id, id,
			       sizeof(message->connection_id));
		message->sequence = bytes_u32(value);
		break;
	case LAYOUT_QUALITY:
		message->stream_type = bytes_u16(value);
		message->quality = bytes_u16(value);
		break;
	case LAYOUT_U8:
		*(uint8_t *)field = bytes_u8(value);
		bytes_u24(value); /* reserved */
		break;
	case LAYOUT_U16:
		*(uint16_t *)field = bytes_u16(value);
		bytes_u16(value); /* reserved */
		break;
	case LAYOUT_U64:
		*(uint64_t *)field = read_u64(value);
		break;
	default: /* LAYOUT_U32, and the cookie, which was looked at before */
		*(uint32_t *)field = bytes_u32(value);
		break;
	}
	return !value->failed && !bytes_left(value);
}

static bool decode_integrity(struct decoder *decoder, struct bytes *value)
{
	struct msturn_text integrity = take_text(value);

	if (integrity.length != INTEGRITY_BYTES &&
	    integrity.length != INTEGRITY_SHA256_BYTES)
		return false;
	decoder->message->integrity = integrity;
	decoder->message->integrity_offset =
		(size_t)(integrity.data - decoder->datagram) -
		MSTURN_ATTRIBUTE_BYTES;
	decoder->ended = true;
	return true;
}

/* RFC 8489 14.6: at least 16 bytes, cut in steps of four. */
static bool decode_sha256(struct decoder *decoder, struct bytes *value)
{
	struct msturn_text integrity = take_text(value);

	if (integrity.length < INTEGRITY_SHA256_BYTES / 2 ||
	    integrity.length > INTEGRITY_SHA256_BYTES || integrity.length % 4)
		return false;
	decoder->message->integrity_sha256 = integrity;
	decoder->ended = true;
	return true;
}

/* RFC 8489 14.7: the last attribute, and over all that is before it. */
static bool decode_fingerprint(struct decoder *decoder, struct bytes *value)
{
	struct msturn_message *message = decoder->message;
	size_t offset = (size_t)(value->data - decoder->datagram);
	uint32_t fingerprint = bytes_u32(value);

	if (value->failed || bytes_left(value))
		return false;
	message->has_fingerprint = true;
	message->is_fingerprint_right =
		offset + 4 == decoder->length &&
		fingerprint ==
			integrity_fingerprint(decoder->datagram,
					      offset - MSTURN_ATTRIBUTE_BYTES);
	return true;
}

static bool decode_value(struct decoder *decoder,
			 const struct msturn_attribute *attribute,
			 struct bytes *value)
{
	struct msturn_message *message = decoder->message;
	char *field = (char *)message + attribute->field;
	uint32_t cookie;

	switch (attribute->layout) {
	case LAYOUT_IGNORED:
		return true;
	case LAYOUT_TEXT:
		*(struct msturn_text *)(void *)field = take_text(value);
		return true;
	case LAYOUT_ADDRESS:
	case LAYOUT_XOR_ADDRESS:
		return decode_address(message, (void *)field, value,
				      attribute->layout == LAYOUT_XOR_ADDRESS);
	case LAYOUT_ERROR:
		return decode_error(message, value);
	case LAYOUT_INTEGRITY:
		return decode_integrity(decoder, value);
	case LAYOUT_INTEGRITY_SHA256:
		return decode_sha256(decoder, value);
	case LAYOUT_FINGERPRINT:
		return decode_fingerprint(decoder, value);
	case LAYOUT_COOKIE:
		return decode_fixed(message, LAYOUT_U32, &cookie, value);
	default:
		if (!decode_fixed(message, attribute->layout, field, value))
			return false;
		*((bool *)message + attribute->has) = true;
		return true;
	}
}

/* RFC 8489 14.5, 14.6: what still counts after the integrity. */
static bool may_trail(const struct msturn_attribute *attribute)
{
	return attribute && (attribute->layout == LAYOUT_INTEGRITY_SHA256 ||
			     attribute->layout == LAYOUT_FINGERPRINT);
}

static bool decode_attribute(struct decoder *decoder, struct bytes *bytes)
{
	const struct msturn_attribute *attribute;
	uint16_t type = bytes_u16(bytes);
	uint16_t length = bytes_u16(bytes);
	struct bytes value = bytes_sub(bytes, length);
	size_t pad = msturn_attribute_padding(decoder->dialect, length);
	size_t left = bytes_left(bytes);
	size_t row;

	if (bytes->failed)
		return false;
	bytes_take(bytes, pad < left ? pad : left);
	attribute = msturn_attribute_find(decoder->dialect, type, &row);
	if (decoder->ended && !may_trail(attribute))
		return true;
	if (!attribute) {
		if (type < MSTURN_OPTIONAL && !decoder->message->first_unknown)
			decoder->message->first_unknown = type;
		return true;
	}
	if (decoder->seen & UINT64_C(1) << row)
		return true;
	decoder->seen |= UINT64_C(1) << row;
	/* an optional one of a shape not known here is skipped too */
	return decode_value(decoder, attribute, &value) ||
	       type >= MSTURN_OPTIONAL;
}

static bool decode_header(struct msturn_message *message, struct bytes *bytes,
			  const char **why)
{
	uint16_t length;
	const uint8_t *transaction;

	message->type = bytes_u16(bytes);
	length = bytes_u16(bytes);
	transaction = bytes_take(bytes, MSTURN_TRANSACTION_BYTES);
	if (!transaction) {
		*why = "shorter than a message header";
		return false;
	}
	memcpy(message->transaction, transaction, MSTURN_TRANSACTION_BYTES);
	if (message->type & 0xc000) { /* [MS-TURN] 2.2.1 */
		*why = "the first two bits are not zero";
		return false;
	}
	if (bytes_left(bytes) != length) {
		*why = bytes_left(bytes) < length
			       ? "the message is truncated"
			       : "bytes follow the end of the message";
		return false;
	}
	return true;
}

static bool begins_with_cookie(const struct bytes *attributes)
{
	return bytes_left(attributes) >= MSTURN_COOKIE_BYTES &&
	       memcmp(attributes->data + attributes->position,
		      msturn_attribute_cookie, MSTURN_COOKIE_BYTES) == 0;
}

static bool has_header_cookie(const struct msturn_message *message)
{
	struct bytes bytes = bytes_of(message->transaction, 4);

	return bytes_u32(&bytes) == STUN_HEADER_COOKIE;
}

bool msturn_decode(struct msturn_message *message, const void *datagram,
		   size_t length, const char **why)
{
	struct bytes bytes = bytes_of(datagram, length);
	struct decoder decoder = {
		.message = message, .datagram = datagram, .length = length};

	*message = (struct msturn_message){0};
	if (!decode_header(message, &bytes, why))
		return false;
	message->has_cookie = begins_with_cookie(&bytes);
	message->is_standard =
		!message->has_cookie && has_header_cookie(message);
	decoder.dialect = msturn_attribute_dialect(message->has_cookie);
	while (bytes_left(&bytes)) {
		if (decode_attribute(&decoder, &bytes))
			continue;
		*why = bytes.failed
			       ? "an attribute runs over the end of the message"
			       : "an attribute has the wrong shape";
		return false;
	}
	return true;
}

/* Integrity */

static struct bytes text_bytes(const struct msturn_text *text)
{
	return bytes_of(text->data, text->length);
}

void msturn_key(uint8_t key[16], const struct msturn_text *username,
		const struct msturn_text *realm,
		const struct msturn_text *password)
{
	struct bytes parts[] = {text_bytes(username), text_bytes(realm),
				text_bytes(password)};

	integrity_key(key, &parts[0], &parts[1], &parts[2]);
}

/*
 * The text ends before the attribute. Standard: hashed with the length that
 * the message had when the integrity was its last attribute (RFC 8489 14.5).
 */
static bool verify(const struct msturn_message *message, const void *datagram,
		   const struct bytes *key)
{
	const uint8_t *octets = datagram;
	size_t end = message->integrity_offset + MSTURN_ATTRIBUTE_BYTES +
		     INTEGRITY_BYTES - MSTURN_HEADER_BYTES;
	uint8_t start[4] = {octets[0], octets[1], (uint8_t)(end >> 8),
			    (uint8_t)end};
	struct bytes parts[] = {
		bytes_of(message->has_cookie ? octets : start, sizeof(start)),
		bytes_of(octets + sizeof(start),
			 message->integrity_offset - sizeof(start)),
	};
	uint8_t value[INTEGRITY_BYTES];

	integrity_hmac_sha1_parts(value, key, parts, 2, message->has_cookie);
	return CRYPTO_memcmp(value, message->integrity.data, sizeof(value)) ==
	       0;
}

bool msturn_verify(const struct msturn_message *message, const void *datagram,
		   const uint8_t key[16])
{
	struct bytes bytes = bytes_of(key, INTEGRITY_KEY_BYTES);

	return message->integrity.length == INTEGRITY_BYTES &&
	       verify(message, datagram, &bytes);
}

bool msturn_verify_password(const struct msturn_message *message,
			    const void *datagram,
			    const struct msturn_text *password)
{
	struct bytes bytes = text_bytes(password);

	return message->integrity.length == INTEGRITY_BYTES &&
	       verify(message, datagram, &bytes);
}

/* Streams */

int msturn_frame(const void *data, size_t available, uint8_t *type,
		 uint16_t *length)
{
	const uint8_t *octets = data;

	if (available == 0)
		return 0;
	if (octets[0] != MSTURN_FRAME_CONTROL && octets[0] != MSTURN_FRAME_DATA)
		return -1;
	if (available >= 2 && octets[1] != 0)
		return -1;
	if (available < MSTURN_FRAME_BYTES)
		return 0;
	*type = octets[0];
	*length = (uint16_t)(octets[2] << 8 | octets[3]);
	/* a control frame holds a message, so at least its header */
	return *type == MSTURN_FRAME_CONTROL && *length < MSTURN_HEADER_BYTES
		       ? -1
		       : 1;
}
