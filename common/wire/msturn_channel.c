#include "common/wire/msturn_channel.h"

#define ALIGNMENT	  4
#define MULTIPLEXED	  0xff10 /* no channel: its first bits are 11 */
#define SESSION_BYTES	  8
#define LENGTH_FIELD_ENDS 4 /* of messages and of ChannelData alike */

static size_t padding(size_t length)
{
	return (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
}

static bool is_channel(uint16_t number)
{
	return number >> 14 == 1; /* 01: RFC 5766 gave them all */
}

bool msturn_channel(const void *datagram, size_t length, uint16_t *channel,
		    struct msturn_text *data)
{
	struct bytes bytes = bytes_of(datagram, length);
	uint16_t number = bytes_u16(&bytes);
	uint16_t size = bytes_u16(&bytes);
	const uint8_t *taken = bytes_take(&bytes, size);

	if (bytes.failed || !is_channel(number) ||
	    bytes_left(&bytes) > padding(size))
		return false;
	*channel = number;
	*data = (struct msturn_text){taken, size};
	return true;
}

size_t msturn_channel_write(uint16_t channel, const struct msturn_text *data,
			    void *buffer, size_t capacity)
{
	static const uint8_t zeros[ALIGNMENT];
	struct writer writer = writer_of(buffer, capacity);

	if (!is_channel(channel) || data->length > UINT16_MAX)
		return 0;
	writer_u16(&writer, channel);
	writer_u16(&writer, (uint16_t)data->length);
	writer_put(&writer, data->data, data->length);
	writer_put(&writer, zeros, padding(data->length));
	return writer.failed ? 0 : writer.length;
}

int msturn_channel_frame(const void *data, size_t available, size_t *length)
{
	const uint8_t *octets = data;
	struct bytes bytes = bytes_of(data, available);
	uint16_t number, size;

	if (available == 0)
		return 0;
	if (octets[0] & 0x80) /* 10 and 11 are nobody's */
		return -1;
	number = bytes_u16(&bytes);
	size = bytes_u16(&bytes);
	if (bytes.failed)
		return 0;
	if (is_channel(number)) {
		*length = LENGTH_FIELD_ENDS + size + padding(size);
		return 1;
	}
	*length = MSTURN_HEADER_BYTES + (size_t)size;
	return size % ALIGNMENT ? -1 : 1; /* RFC 8489 5 */
}

bool msturn_channel_multiplexed(const void *datagram, size_t length,
				uint64_t *session, struct msturn_text *data)
{
	struct bytes bytes = bytes_of(datagram, length);
	uint16_t number = bytes_u16(&bytes);
	size_t size = bytes_u16(&bytes);
	uint64_t high = bytes_u32(&bytes);
	uint64_t low = bytes_u32(&bytes);
	const uint8_t *taken;

	if (bytes.failed || number != MULTIPLEXED || size < SESSION_BYTES ||
	    size - SESSION_BYTES != bytes_left(&bytes))
		return false;
	taken = bytes_take(&bytes, size - SESSION_BYTES);
	*session = high << 32 | low;
	*data = (struct msturn_text){taken, size - SESSION_BYTES};
	return true;
}
