/*
 * bytes.h - cursors over byte buffers that remember failure. No I/O.
 *
 * A message is read (or written) straight down and `failed` is asked once:
 * a read past the end sets it and gives zero, a write past the end sets it
 * and writes nothing. Numbers are big-endian (network order).
 * Ownership: both cursors point into the caller's buffer.
 */
#ifndef COMMON_BASE_BYTES_H
#define COMMON_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *data;
	size_t length;
	size_t position;
	bool failed;
};

struct bytes bytes_of(const void *data, size_t length);
size_t bytes_left(const struct bytes *bytes);
uint8_t bytes_u8(struct bytes *bytes);
uint16_t bytes_u16(struct bytes *bytes);
uint32_t bytes_u24(struct bytes *bytes);
uint32_t bytes_u32(struct bytes *bytes);

/* The next length bytes, or NULL (failed). */
const uint8_t *bytes_take(struct bytes *bytes, size_t length);

/* A cursor of its own over the next length bytes; failed when too short. */
struct bytes bytes_sub(struct bytes *bytes, size_t length);

struct writer {
	uint8_t *data;
	size_t capacity;
	size_t length; /* written so far */
	bool failed;
};

struct writer writer_of(void *data, size_t capacity);
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u24(struct writer *writer, uint32_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_put(struct writer *writer, const void *data, size_t length);

/* Overwrites two bytes written before, such as a length known only later. */
void writer_set_u16(struct writer *writer, size_t position, uint16_t value);

#endif
