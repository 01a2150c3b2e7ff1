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
		       const struct msturn_attribute *attribute)
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

static void write_attributes(struct writer *writer,
			     const struct msturn_message *message,
			     const struct msturn_dialect *dialect)
{
	bool late = message->type & RESPONSE_BIT;

	for (size_t i = 0; i < dialect->count; i++) {
		const struct msturn_attribute *row = &dialect->attributes[i];
		size_t first;

		if (!is_present(message, row))
			continue;
		msturn_attribute_find(dialect, row->type, &first);
		/* one of the two rows of the sequence number */
		if (row->layout == LAYOUT_SEQUENCE && late == (first == i))
			continue;
		write_attribute(writer, message, row, dialect);
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
	writer_u16(writer, MSTURN_INTEGRITY);
	writer_u16(writer, sizeof(value));
	writer_put(writer, value, sizeof(value));
}

size_t msturn_encode(const struct msturn_message *message, const uint8_t *key,
		     void *buffer, size_t capacity)
{
	struct writer writer = writer_of(buffer, capacity);
	const struct msturn_dialect *dialect =
		msturn_attribute_dialect(message->has_cookie);
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
		length += MSTURN_ATTRIBUTE_BYTES + INTEGRITY_BYTES;
	if (length > UINT16_MAX)
		return 0;
	writer_set_u16(&writer, 2, (uint16_t)length);
	if (key)
		write_integrity(&writer, key, message->has_cookie);
	return writer.failed ? 0 : writer.length;
}
