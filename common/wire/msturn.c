#include "common/wire/msturn.h"

#include "common/wire/integrity.h"

#include <openssl/crypto.h>

#include <string.h>

#define ATTRIBUTE_HEADER_BYTES 4
#define TYPE_INTEGRITY	       0x0008
#define TYPE_COOKIE	       0x000f
#define TYPE_OPTIONAL	       0x8000 /* from here on: skip when unknown */
#define STUN_HEADER_COOKIE     0x2112a442

static const uint8_t cookie_attribute[] = {0x00, 0x0f, 0x00, 0x04,
					   0x72, 0xc6, 0x4b, 0xc6};

/* How the value of an attribute is laid out, [MS-TURN] 2.2.2. */
enum layout {
	LAYOUT_COOKIE,
	LAYOUT_TEXT,
	LAYOUT_U32,
	LAYOUT_ADDRESS,
	LAYOUT_XOR_ADDRESS,
	LAYOUT_ERROR,
	LAYOUT_SEQUENCE,
	LAYOUT_QUALITY,
	LAYOUT_SESSION,
	LAYOUT_FAMILY,
	LAYOUT_INTEGRITY,
};

struct attribute {
	uint16_t type;
	enum layout layout;
	size_t field; /* where in struct msturn_message it goes */
	size_t has;   /* its flag; 0 where the field itself tells */
};

#define AT(field) offsetof(struct msturn_message, field)

/*
 * Rows stand in the order in which they are written ([MS-TURN] asks only for
 * the cookie first and integrity last; the rest is what real clients and
 * relays do). The sequence number has two rows: early in requests, late in
 * responses; both read it.
 */
static const struct attribute msturn_attributes[] = {
	{TYPE_COOKIE, LAYOUT_COOKIE, AT(has_cookie), 0},
	{0x0009, LAYOUT_ERROR, AT(error_code), 0},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0},
	{0x8008, LAYOUT_U32, AT(version), AT(has_version)},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence)},
	{0x8055, LAYOUT_QUALITY, AT(stream_type), AT(has_service_quality)},
	{0x0017, LAYOUT_FAMILY, AT(requested_family), AT(has_family)},
	{0x000e, LAYOUT_ADDRESS, AT(alternate), 0},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0},
	{0x8090, LAYOUT_ADDRESS, AT(alternate_mapped), 0},
	{0x8020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime)},
	{0x0010, LAYOUT_U32, AT(bandwidth), AT(has_bandwidth)},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence)},
	{0x8095, LAYOUT_SESSION, AT(session), AT(has_session)},
	{0x0006, LAYOUT_TEXT, AT(username), 0},
	{0x0014, LAYOUT_TEXT, AT(nonce), 0},
	{0x0015, LAYOUT_TEXT, AT(realm), 0},
	{0x0011, LAYOUT_ADDRESS, AT(destination), 0},
	{0x0012, LAYOUT_ADDRESS, AT(remote), 0},
	{0x0013, LAYOUT_TEXT, AT(data), 0},
	{0x8022, LAYOUT_TEXT, AT(software), 0},
	{TYPE_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0},
};

/* RFC 8489 14, RFC 8656 18; realm and nonce have each other's number. */
static const struct attribute standard_attributes[] = {
	{0x0009, LAYOUT_ERROR, AT(error_code), 0},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0},
	{0x0006, LAYOUT_TEXT, AT(username), 0},
	{0x0015, LAYOUT_TEXT, AT(nonce), 0},
	{0x0014, LAYOUT_TEXT, AT(realm), 0},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0},
	{0x0020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime)},
	{0x8023, LAYOUT_ADDRESS, AT(alternate), 0},
	{0x8022, LAYOUT_TEXT, AT(software), 0},
	{TYPE_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0},
};

struct dialect {
	const struct attribute *attributes;
	size_t count;
	size_t alignment; /* of attributes; 1: packed, [MS-TURN] 2.2.2 */
};

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

static const struct dialect msturn_dialect = {ROWS(msturn_attributes), 1};
static const struct dialect standard_dialect = {ROWS(standard_attributes), 4};

static size_t padding(size_t length, size_t alignment)
{
	return (alignment - length % alignment) % alignment;
}

/* Class 1 and 3 of the two class bits, and Data Indication, [MS-TURN] 2.2.1 */
static bool is_response(uint16_t type)
{
	return (type & 0x0100) != 0;
}

/* Decoding */

struct decoder {
	struct msturn_message *message;
	const uint8_t *datagram;
	const struct dialect *dialect;
	uint32_t seen; /* rows met: the first of equals wins */
	bool ended;    /* integrity met: what follows is ignored */
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

static bool decode_fixed(struct msturn_message *message, enum layout layout,
			 uint32_t *number, struct bytes *value)
{
	const uint8_t *id;

	switch (layout) {
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
	case LAYOUT_SESSION:
		message->session = read_u64(value);
		break;
	case LAYOUT_FAMILY:
		message->requested_family = bytes_u8(value);
		bytes_u24(value);
		break;
	default: /* LAYOUT_U32, and the cookie, which was looked at before */
		*number = bytes_u32(value);
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
		ATTRIBUTE_HEADER_BYTES;
	decoder->ended = true;
	return true;
}

static bool decode_value(struct decoder *decoder,
			 const struct attribute *attribute, struct bytes *value)
{
	struct msturn_message *message = decoder->message;
	char *field = (char *)message + attribute->field;
	uint32_t cookie;

	switch (attribute->layout) {
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
	case LAYOUT_COOKIE:
		return decode_fixed(message, LAYOUT_U32, &cookie, value);
	default:
		if (!decode_fixed(message, attribute->layout, (void *)field,
				  value))
			return false;
		*((bool *)message + attribute->has) = true;
		return true;
	}
}

static const struct attribute *find_attribute(const struct dialect *dialect,
					      uint16_t type, size_t *row)
{
	for (*row = 0; *row < dialect->count; ++*row) {
		if (dialect->attributes[*row].type == type)
			return &dialect->attributes[*row];
	}
	return NULL;
}

static bool decode_attribute(struct decoder *decoder, struct bytes *bytes)
{
	const struct attribute *attribute;
	uint16_t type = bytes_u16(bytes);
	uint16_t length = bytes_u16(bytes);
	struct bytes value = bytes_sub(bytes, length);
	size_t pad = padding(length, decoder->dialect->alignment);
	size_t left = bytes_left(bytes);
	size_t row;

	if (bytes->failed)
		return false;
	bytes_take(bytes, pad < left ? pad : left);
	if (decoder->ended)
		return true;
	attribute = find_attribute(decoder->dialect, type, &row);
	if (!attribute) {
		if (type < TYPE_OPTIONAL && !decoder->message->first_unknown)
			decoder->message->first_unknown = type;
		return true;
	}
	if (decoder->seen & UINT32_C(1) << row)
		return true;
	decoder->seen |= UINT32_C(1) << row;
	/* an optional one of a shape not known here is skipped too */
	return decode_value(decoder, attribute, &value) ||
	       type >= TYPE_OPTIONAL;
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
	return bytes_left(attributes) >= sizeof(cookie_attribute) &&
	       memcmp(attributes->data + attributes->position, cookie_attribute,
		      sizeof(cookie_attribute)) == 0;
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
	struct decoder decoder = {.message = message, .datagram = datagram};

	*message = (struct msturn_message){0};
	if (!decode_header(message, &bytes, why))
		return false;
	message->has_cookie = begins_with_cookie(&bytes);
	message->is_standard =
		!message->has_cookie && has_header_cookie(message);
	decoder.dialect =
		message->has_cookie ? &msturn_dialect : &standard_dialect;
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

/* Encoding */

static void write_address(struct writer *writer,
			  const struct msturn_message *message,
			  const struct msturn_address *address, bool is_xored)
{
	bool is_ipv6 = address->address.family == AF_INET6;
	size_t size = is_ipv6 ? 16 : 4;
	uint16_t port = address->port;
	uint8_t bytes[16];

	memcpy(bytes, address->address.bytes, sizeof(bytes));
	if (is_xored) {
		port ^= (uint16_t)(message->transaction[0] << 8 |
				   message->transaction[1]);
		for (size_t i = 0; i < size; i++)
			bytes[i] ^= message->transaction[i];
	}
	writer_u8(writer, 0);
	writer_u8(writer, is_ipv6 ? 2 : 1);
	writer_u16(writer, port);
	writer_put(writer, bytes, size);
}

static void write_error(struct writer *writer,
			const struct msturn_message *message)
{
	writer_u16(writer, 0);
	writer_u8(writer, (uint8_t)(message->error_code / 100));
	writer_u8(writer, (uint8_t)(message->error_code % 100));
	writer_put(writer, message->error_reason.data,
		   message->error_reason.length);
}

static void write_value(struct writer *writer,
			const struct msturn_message *message,
			const struct attribute *attribute)
{
	const void *field = (const char *)message + attribute->field;
	const struct msturn_text *text = field;

	switch (attribute->layout) {
	case LAYOUT_COOKIE:
		writer_put(writer, cookie_attribute + 4, 4);
		break;
	case LAYOUT_TEXT:
	case LAYOUT_INTEGRITY:
		writer_put(writer, text->data, text->length);
		break;
	case LAYOUT_U32:
		writer_u32(writer, *(const uint32_t *)field);
		break;
	case LAYOUT_ADDRESS:
	case LAYOUT_XOR_ADDRESS:
		write_address(writer, message, field,
			      attribute->layout == LAYOUT_XOR_ADDRESS);
		break;
	case LAYOUT_ERROR:
		write_error(writer, message);
		break;
	case LAYOUT_SEQUENCE:
		writer_put(writer, message->connection_id,
			   sizeof(message->connection_id));
		writer_u32(writer, message->sequence);
		break;
	case LAYOUT_QUALITY:
		writer_u16(writer, message->stream_type);
		writer_u16(writer, message->quality);
		break;
	case LAYOUT_SESSION:
		writer_u32(writer, (uint32_t)(message->session >> 32));
		writer_u32(writer, (uint32_t)message->session);
		break;
	case LAYOUT_FAMILY:
		writer_u8(writer, message->requested_family);
		writer_u24(writer, 0);
		break;
	}
}

static bool is_present(const struct msturn_message *message,
		       const struct attribute *attribute)
{
	const void *field = (const char *)message + attribute->field;

	switch (attribute->layout) {
	case LAYOUT_COOKIE:
		return message->has_cookie;
	case LAYOUT_TEXT:
		return ((const struct msturn_text *)field)->data != NULL;
	case LAYOUT_INTEGRITY:
		return false; /* made from the key, never copied */
	case LAYOUT_ADDRESS:
	case LAYOUT_XOR_ADDRESS:
		return ((const struct msturn_address *)field)->address.family;
	case LAYOUT_ERROR:
		return message->error_code != 0;
	default:
		return *((const bool *)message + attribute->has);
	}
}

static void write_attribute(struct writer *writer,
			    const struct msturn_message *message,
			    const struct attribute *attribute, size_t alignment)
{
	static const uint8_t zeros[4];
	size_t start = writer->length;
	size_t length;

	writer_u16(writer, attribute->type);
	writer_u16(writer, 0);
	write_value(writer, message, attribute);
	if (writer->failed)
		return;
	length = writer->length - start - ATTRIBUTE_HEADER_BYTES;
	if (length > UINT16_MAX) {
		writer->failed = true;
		return;
	}
	writer_set_u16(writer, start + 2, (uint16_t)length);
	writer_put(writer, zeros, padding(length, alignment));
}

static void write_attributes(struct writer *writer,
			     const struct msturn_message *message,
			     const struct dialect *dialect)
{
	bool late = is_response(message->type);

	for (size_t i = 0; i < dialect->count; i++) {
		const struct attribute *row = &dialect->attributes[i];
		size_t first;

		if (!is_present(message, row))
			continue;
		find_attribute(dialect, row->type, &first);
		/* one of the two rows of the sequence number */
		if (row->layout == LAYOUT_SEQUENCE && late == (first == i))
			continue;
		write_attribute(writer, message, row, dialect->alignment);
	}
}

static void write_integrity(struct writer *writer, const uint8_t key[16],
			    bool is_padded)
{
	size_t covered = writer->length;
	uint8_t value[INTEGRITY_BYTES] = {0};

	if (!writer->failed)
		integrity_hmac_sha1(value, key, writer->data, covered,
				    is_padded);
	writer_u16(writer, TYPE_INTEGRITY);
	writer_u16(writer, sizeof(value));
	writer_put(writer, value, sizeof(value));
}

size_t msturn_encode(const struct msturn_message *message, const uint8_t *key,
		     void *buffer, size_t capacity)
{
	struct writer writer = writer_of(buffer, capacity);
	const struct dialect *dialect =
		message->has_cookie ? &msturn_dialect : &standard_dialect;
	size_t length;

	writer_u16(&writer, message->type);
	writer_u16(&writer, 0);
	writer_put(&writer, message->transaction, MSTURN_TRANSACTION_BYTES);
	write_attributes(&writer, message, dialect);
	if (writer.failed)
		return 0;
	/* the text is hashed with the final length already in it */
	length = writer.length - MSTURN_HEADER_BYTES;
	if (key)
		length += ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES;
	if (length > UINT16_MAX)
		return 0;
	writer_set_u16(&writer, 2, (uint16_t)length);
	if (key)
		write_integrity(&writer, key, message->has_cookie);
	return writer.failed ? 0 : writer.length;
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

bool msturn_verify(const struct msturn_message *message, const void *datagram,
		   const uint8_t key[16])
{
	uint8_t value[INTEGRITY_BYTES];

	if (message->integrity.length != INTEGRITY_BYTES)
		return false;
	integrity_hmac_sha1(value, key, datagram, message->integrity_offset,
			    message->has_cookie);
	return CRYPTO_memcmp(value, message->integrity.data, sizeof(value)) ==
	       0;
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
