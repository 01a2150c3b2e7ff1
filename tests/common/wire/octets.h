/*
 * octets.h - bytes on the heap, exactly as many as there are, so that the
 * sanitizer sees a read of one too many; and hexadecimal text.
 */
#ifndef TESTS_COMMON_WIRE_OCTETS_H
#define TESTS_COMMON_WIRE_OCTETS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct octets {
	uint8_t *data; /* free() it */
	size_t length;
};

static inline struct octets octets_copy(const void *data, size_t length)
{
	struct octets octets = {malloc(length), length};

	if (length)
		memcpy(octets.data, data, length);
	return octets;
}

static inline uint8_t octets_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";

	return (uint8_t)(strchr(digits, digit) - digits);
}

/* From lower case digits, two a byte; blanks may stand between bytes. */
static inline struct octets octets_hex(const char *text)
{
	struct octets octets = {malloc(strlen(text) / 2), 0};
	struct octets exact;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		octets.data[octets.length++] =
			(uint8_t)(octets_digit(text[0]) << 4 |
				  octets_digit(text[1]));
		text += 2;
	}
	exact = octets_copy(octets.data, octets.length);
	free(octets.data);
	return exact;
}

#endif
