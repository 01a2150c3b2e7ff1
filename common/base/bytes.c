#include "common/base/bytes.h"

#include <string.h>

struct bytes bytes_of(const void *data, size_t length)
{
	return (struct bytes){.data = data, .length = length};
}

size_t bytes_left(const struct bytes *bytes)
{
	return bytes->failed ? 0 : bytes->length - bytes->position;
}

const uint8_t *bytes_take(struct bytes *bytes, size_t length)
{
	const uint8_t *taken;

	if (bytes->failed || length > bytes->length - bytes->position) {
		bytes->failed = true;
		return NULL;
	}
	taken = bytes->data + bytes->position;
	bytes->position += length;
	return taken;
}

static uint32_t read_number(struct bytes *bytes, size_t size)
{
	const uint8_t *taken = bytes_take(bytes, size);
	uint32_t value = 0;

	for (size_t i = 0; taken && i < size; i++)
		value = value << 8 | taken[i];
	return value;
}

uint8_t bytes_u8(struct bytes *bytes)
{
	return (uint8_t)read_number(bytes, 1);
}

uint16_t bytes_u16(struct bytes *bytes)
{
	return (uint16_t)read_number(bytes, 2);
}

uint32_t bytes_u24(struct bytes *bytes)
{
	return read_number(bytes, 3);
}

uint32_t bytes_u32(struct bytes *bytes)
{
	return read_number(bytes, 4);
}

struct bytes bytes_sub(struct bytes *bytes, size_t length)
{
	const uint8_t *taken = bytes_take(bytes, length);

	return (struct bytes){
		.data = taken,
		.length = taken ? length : 0,
		.failed = bytes->failed,
	};
}

struct writer writer_of(void *data, size_t capacity)
{
	return (struct writer){.data = data, .capacity = capacity};
}

void writer_put(struct writer *writer, const void *data, size_t length)
{
	if (writer->failed || length > writer->capacity - writer->length) {
		writer->failed = true;
		return;
	}
	if (length)
		memcpy(writer->data + writer->length, data, length);
	writer->length += length;
}

static void write_number(struct writer *writer, uint32_t value, size_t size)
{
	uint8_t octets[4];

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)(value >> 8 * (size - 1 - i));
	writer_put(writer, octets, size);
}

void writer_u8(struct writer *writer, uint8_t value)
{
	write_number(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
	write_number(writer, value, 2);
}

void writer_u24(struct writer *writer, uint32_t value)
{
	write_number(writer, value, 3);
}

void writer_u32(struct writer *writer, uint32_t value)
{
	write_number(writer, value, 4);
}

void writer_set_u16(struct writer *writer, size_t position, uint16_t value)
{
	if (writer->failed || writer->length < 2 ||
	    position > writer->length - 2) {
		writer->failed = true;
		return;
	}
	writer->data[position] = (uint8_t)(value >> 8);
	writer->data[position + 1] = (uint8_t)value;
}
