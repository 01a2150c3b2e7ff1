#include "common/wire/msturn.h"

#include "common/wire/integrity.h"
#include "common/wire/msturn_attribute.h"

#include <string.h>

#define RESPONSE_BIT 0x0100 /* also of Data Indication, [MS-TURN] 2.2.1 */

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

static void write_u64(struct writer *writer, uint64_t value)
{
	writer_u32(writer, (uint32_t)(value >> 32));
	writer_u32(writer, (uint32_t)value);
}

static void write_value(struct writer *writer,
			const struct msturn_message *message,
			const struct msturn_attribute *attribute)
{
	const void *field = (const char *)message + attribute->field;
	const struct msturn_text *text = field;

	switch (attribute->layout) {
	case LAYOUT_COOKIE:
		writer_put(writer, msturn_attribute_cookie + 4, 4);
		break;
	case LAYOUT_TEXT:
		writer_put(writer, text->data, text->length);
		break;
	case LAYOUT_U8:
		writer_u8(writer, *(const uint8_t *)field);
		writer_u24(writer, 0);
		break;
	case LAYOUT_U16:
		writer_u16(writer, *(const uint16_t *)field);
		writer_u16(writer, 0);
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
	case LAYOUT_U64:
		write_u64(writer, *(const uint64_t *)field);
		break;
	default: /* a flag is empty; the others are IN_NONE */
		break;
	}
}

static bool is_present(const struct msturn_message *message,
		       const struct msturn_attribute *attribute)
{
	const void *field = (const char *)message + attribute->field;

	switch (attribute->layout) {
	case LAYOUT_COOKIE:
		return message->has_cookie;
	case LAYOUT_TEXT:
		return ((const struct msturn_text *)field)->data != NULL;
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
			    const struct msturn_attribute *attribute,
			    const struct msturn_dialect *dialect)
{
	static const uint8_t zeros[4];
	size_t start = writer->length;
	size_t length;

	writer_u16(writer, attribute->type);
	writer_u16(writer, 0);
	write_value(writer, message, attribute);
	if (writer->failed)
		return;
	length = writer->length - start - MSTURN_ATTRIBUTE_BYTES;
	if (length > UINT16_MAX) {
		writer->failed = true;
		return;
	}
	writer_set_u16(writer, start + 2, (uint16_t)length);
	writer_put(writer, zeros, msturn_attribute_padding(dialect, length));
}

static bool belongs(const struct msturn_message *message,
		    const struct msturn_attribute *attribute)
{
	bool is_response = message->type & RESPONSE_BIT;

	switch (attribute->place) {
	case IN_REQUESTS:
		return !is_response;
	case IN_RESPONSES:
		return is_response;
	case IN_NONE: /* integrity and fingerprint are made, never copied */
		return false;
	default:
		return true;
	}
}

static void write_attributes(struct writer *writer,
			     const struct msturn_message *message,
			     const struct msturn_dialect *dialect)
{
	for (size_t i = 0; i < dialect->count; i++) {
		const struct msturn_attribute *row = &dialect->attributes[i];

		if (belongs(message, row) && is_present(message, row))
			write_attribute(writer, message, row, dialect);
	}
}

/* Both are hashed with the length that the message has with them. */
static bool set_length(struct writer *writer, size_t value_bytes)
{
	size_t length = writer->length - MSTURN_HEADER_BYTES;

	if (value_bytes)
		length += MSTURN_ATTRIBUTE_BYTES + value_bytes;
	if (writer->failed || length > UINT16_MAX)
		return false;
	writer_set_u16(writer, 2, (uint16_t)length);
	return true;
}

static void write_integrity(struct writer *writer, const uint8_t key[16],
			    bool is_padded)
{
	uint8_t value[INTEGRITY_BYTES];

	writer->failed = !set_length(writer, sizeof(value));
	if (writer->failed)
		return;
	integrity_hmac_sha1(value, key, writer->data, writer->length,
			    is_padded);
	writer_u16(writer, MSTURN_INTEGRITY);
	writer_u16(writer, sizeof(value));
	writer_put(writer, value, sizeof(value));
}

static void write_fingerprint(struct writer *writer)
{
	uint32_t value;

	writer->failed = !set_length(writer, sizeof(value));
	if (writer->failed)
		return;
	value = integrity_fingerprint(writer->data, writer->length);
	writer_u16(writer, MSTURN_FINGERPRINT);
	writer_u16(writer, sizeof(value));
	writer_u32(writer, value);
}

size_t msturn_encode(const struct msturn_message *message, const uint8_t *key,
		     void *buffer, size_t capacity)
{
	struct writer writer = writer_of(buffer, capacity);
	const struct msturn_dialect *dialect =
		msturn_attribute_dialect(message->has_cookie);

	writer_u16(&writer, message->type);
	writer_u16(&writer, 0);
	writer_put(&writer, message->transaction, MSTURN_TRANSACTION_BYTES);
	write_attributes(&writer, message, dialect);
	if (!set_length(&writer, 0))
		return 0;
	if (key)
		write_integrity(&writer, key, message->has_cookie);
	if (message->has_fingerprint && !message->has_cookie)
		write_fingerprint(&writer);
	return writer.failed ? 0 : writer.length;
}
